/// The page with the button that signs out: signing out is never done by merely following a link.
public struct LogoutPage: Sendable, Equatable {
    /// The site.
    public var site: PageSite
    /// Signed token for the form.
    public var token: String
    /// Name of who is signed in; nil: nobody, or it cannot be told.
    public var name: String?
    /// Why the last attempt failed; nil: there was none.
    public var problem: Problem?
    /// Offers to end all sessions of the user.
    public var offersEverywhere = true

    /// The page for whoever is signed in as `name`.
    public init(site: PageSite, token: String, name: String? = nil) {
        self.site = site
        self.token = token
        self.name = name
    }

    /// The page as UTF-8 HTML.
    public func render() -> [UInt8] {
        let heading = "Sign out of \(site.title)"
        let summary = problem.map { FormParts.summary($0.errors, message: $0.message) } ?? .none
        let who: Markup = name.map { "<p>You are signed in as <strong>\($0)</strong>.</p>\n" } ?? .none
        let everywhere: Markup =
            offersEverywhere
            ? """
            <label class="check"><input type="checkbox" name="everywhere" value="1"> \
            <span>Also on all my other devices</span></label>

            """ : .none
        return PageShell.document(
            title: problem == nil ? heading : "Error: \(heading)",
            """
            \(summary)<h1>\(heading)</h1>
            \(who)<form method="post" action="\(site.address("/logout"))">
            \(FormParts.hidden(token: token, returnTo: nil))
            \(everywhere)<button type="submit">Sign out</button>
            </form>
            <p class="more"><a href="/">Stay signed in</a></p>
            """)
    }
}
