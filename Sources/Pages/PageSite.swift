public import GatewayConfig

/// What all pages of a realm have in common.
public struct PageSite: Sendable, Equatable {
    /// Name of the site in headings: its host, where nothing better is known.
    public var title: String
    /// Prefix of the realm's endpoints, without trailing slash.
    public var prefix: String
    /// How it looks.
    public var look: PageLook
    let words: Wording

    /// The site a page belongs to. `host` is its title where the look has none.
    public init(
        title host: String, prefix: String, look: PageLook = .builtIn, language: PageLanguage = .english
    ) {
        title = look.settings.title ?? host
        self.prefix = prefix
        self.look = look
        words = Wording(language: language)
    }

    func address(_ path: String, returnTo: String? = nil) -> String {
        guard let returnTo, returnTo != "/" else { return prefix + path }
        return "\(prefix)\(path)?return_to=\(URLEncoding.encoded(returnTo))"
    }
}
