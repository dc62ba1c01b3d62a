/// A language that the gateway's own pages speak, by its tag (RFC 5646).
public enum PageLanguage: String, Sendable, CaseIterable {
    case english = "en"
    case german = "de"
    case french = "fr"
    case spanish = "es"
}

/// `login_page`: how a realm's pages look.
public struct LoginPageSettings: Sendable, Equatable {
    /// Name of the site in headings; nil = the host.
    public var title: String?
    /// Last line of every page; nil = none.
    public var footer: String?
    /// Picture above the heading; nil = none.
    public var logo: PagePicture?
    /// Picture of the tab; nil = none.
    public var icon: PagePicture?
    /// Colour of buttons; nil = the built-in one.
    public var accent: PageColour?
    /// Links at the bottom of every page, in the order of the file.
    public var links: [PageLink] = []
    /// What the pages speak; the first is for whoever asks for none of them. Never empty.
    public var languages: [PageLanguage] = [.english]
    /// Style sheet behind the built-in one; empty = none. At most 32 KiB of UTF-8 without `<`.
    public var styleSheet: [UInt8] = []
    /// Pages in the operator's own HTML.
    public var templates = PageTemplates()
    /// The built-in look.
    public init() {}
}

/// A picture, read when the configuration was loaded.
public struct PagePicture: Sendable, Equatable {
    /// What it is.
    public enum Kind: Sendable, Equatable { case svg, png, webp }
    /// What it is.
    public var kind: Kind
    /// The file.
    public var bytes: [UInt8]
    /// Its parts.
    public init(kind: Kind, bytes: [UInt8]) {
        self.kind = kind
        self.bytes = bytes
    }
}

/// A link at the bottom of a page.
public struct PageLink: Sendable, Equatable {
    /// What people read.
    public var text: String
    /// A path on this host, or an `http:`, `https:` or `mailto:` URL.
    public var url: String
    /// Its parts.
    public init(text: String, url: String) {
        self.text = text
        self.url = url
    }
}
