public import GatewayConfig

/// How the pages of a realm look, made once when a configuration is taken on.
public struct PageLook: Sendable, Equatable {
    /// Address of the logo; nil: none.
    public var logo: String?
    /// Address of the icon; nil: none.
    public var icon: String?
    /// What stands between `<style>` and `</style>`, byte for byte: what a `style-src 'sha256-...'` hashes.
    public let styleSheet: [UInt8]
    let settings: LoginPageSettings

    /// A look by its settings.
    public init(_ settings: LoginPageSettings = LoginPageSettings()) {
        self.settings = settings
        let accent = settings.accent.map { Array(Self.style(accent: $0).utf8) } ?? []
        styleSheet = PageShell.styleSheet + accent + settings.styleSheet
    }

    /// The built-in look.
    public static let builtIn = PageLook()

    /// What the pages speak; the first is the fallback.
    public var languages: [PageLanguage] { settings.languages }

    // MARK: Accent

    private static let lightCard = PageColour.white
    private static let darkCard = PageColour(red: 0x1c, green: 0x20, blue: 0x27)

    /// The colours that follow from the accent, each with enough contrast against what it stands on.
    private static func style(accent: PageColour) -> String {
        let onAccent: PageColour = accent.contrast(with: .white) >= 4.5 ? .white : .black
        let press = accent.mixed(with: onAccent == .white ? .black : .white, share: 0.2)
        let light = accent.mixed(with: .black, untilContrast: 4.5, on: lightCard)
        let dark = accent.mixed(with: .white, untilContrast: 4.5, on: darkCard)
        // A button that hardly stands out of the card gets a rim that does.
        let rim = accent.contrast(with: lightCard) < 3 ? "var(--edge)" : "transparent"
        let darkRim = accent.contrast(with: darkCard) < 3 ? "var(--edge)" : "transparent"
        return """
            :root{--rim:\(rim);--accent:\(accent.text);--press:\(press.text);--onaccent:\(onAccent.text);--link:\(light.text)}
            @media (prefers-color-scheme:dark){:root{--rim:\(darkRim);--accent:\(accent.text);--press:\(press.text);\
            --link:\(dark.text)}}

            """
    }
}
