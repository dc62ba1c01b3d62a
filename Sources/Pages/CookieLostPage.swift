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
        let heading = "Your browser did not keep the sign-in"
        return PageShell.document(
            title: "Error: \(heading)", isWide: true,
            """
            <h1>\(heading)</h1>
            <p>The user name and the password were right, but your browser did not send back the cookie that \
            keeps you signed in to \(site.title).</p>
            \(cause == .plainHTTP ? plainHTTP : unknown)
            <a class="button" href="\(site.address("/login", returnTo: returnTo))">Try again</a>
            """)
    }

    private var plainHTTP: Markup {
        """
        <div class="note warn">
        <h2>The cause: this site was opened over plain http</h2>
        <p>Browsers keep such a cookie only over https. The one exception is the machine itself, under the name \
        <code>localhost</code> or the address <code>127.0.0.1</code>.</p>
        </div>
        <h2>What you can do</h2>
        <p>Open <a href="https://\(host)/">https://\(host)/</a> instead. If that does not work, tell whoever \
        runs the site.</p>
        <h2>If you run this site</h2>
        <p>Serve it over https. If a proxy in front of the gateway already does, name its address with \
        <code>trust_proxy</code>, so that its <code>X-Forwarded-Proto</code> counts. For plain http on a network \
        that you trust, set <code>cookie_secure off</code> in the realm.</p>
        """
    }

    private var unknown: Markup {
        """
        <div class="note warn">
        <h2>The likely cause: cookies are switched off</h2>
        <p>Allow cookies for <code>\(host)</code> in your browser's settings, and check whether an extension \
        blocks them.</p>
        </div>
        """
    }
}
