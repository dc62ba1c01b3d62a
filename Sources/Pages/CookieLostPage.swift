import GatewayConfig

/// The page shown instead of yet another login page when a sign-in just worked and its cookie did not come back.
public struct CookieLostPage: Sendable, Equatable {
    /// Why the browser dropped the cookie.
    public enum Cause: Sendable, Equatable {
        /// The page is on plain http, where browsers drop Secure cookies in silence.
        case plainHTTP
        /// Not known: a setting or an extension of the browser.
        case unknown
    }

    /// The site.
    public var site: PageSite
    /// Why.
    public var cause: Cause
    /// Host as the browser knows it, with its port.
    public var host: String
    /// Where to go after another attempt, checked.
    public var returnTo: String?

    /// The page for a host.
    public init(site: PageSite, cause: Cause, host: String, returnTo: String? = nil) {
        self.site = site
        self.cause = cause
        self.host = host
        self.returnTo = returnTo
    }

    /// The page as UTF-8 HTML.
    public func render() -> [UInt8] {
        let heading = words.text(.cookieLost)
        let title = words.text(.errorTitle, heading)
        return PageDocument(site: site, page: .error, title: title, isWide: true).render(
            """
            <h1>\(heading)</h1>
            <p>\(words.text(.cookieLostText, site.title))</p>
            \(cause == .plainHTTP ? plainHTTP : unknown)
            <a class="button" href="\(site.address("/login", returnTo: returnTo))">\(words.text(.tryAgain))</a>
            """)
    }

    private var words: Wording { site.words }

    private var plainHTTP: Markup {
        """
        <div class="note warn">
        <h2>\(words.text(.plainCause))</h2>
        <p>\(words.markup(.plainCauseText, "<code>localhost</code>", "<code>127.0.0.1</code>"))</p>
        </div>
        <h2>\(words.text(.whatYouCanDo))</h2>
        <p>\(words.markup(.openInstead, "<a href=\"https://\(host)/\">https://\(host)/</a>"))</p>
        <h2>\(words.text(.ifYouRun))</h2>
        <p>\(words.markup(
            .runText, "<code>trust_proxy</code>", "<code>X-Forwarded-Proto</code>",
            "<code>cookie_secure off</code>"))</p>
        """
    }

    private var unknown: Markup {
        """
        <div class="note warn">
        <h2>\(words.text(.cookiesOff))</h2>
        <p>\(words.markup(.cookiesOffText, "<code>\(host)</code>"))</p>
        </div>
        """
    }
}
