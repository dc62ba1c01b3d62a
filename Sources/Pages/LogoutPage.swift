import GatewayConfig

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
        let words = site.words
        let heading = words.text(.signOutOf, site.title)
        let summary = problem.map { FormParts.summary($0.errors, message: $0.message(words), words) } ?? .none
        let who: Markup =
            name.map { "<p>\(words.markup(.signedInAs, "<strong>\($0)</strong>"))</p>\n" } ?? .none
        let everywhere: Markup =
            offersEverywhere
            ? """
            <label class="check"><input type="checkbox" name="everywhere" value="1"> \
            <span>\(words.text(.alsoElsewhere))</span></label>

            """ : .none
        let title = problem == nil ? heading : words.text(.errorTitle, heading)
        return PageDocument(site: site, page: .logout, title: title).render(
            """
            \(summary)<h1>\(heading)</h1>
            \(who)<form method="post" action="\(site.address("/logout"))">
            \(FormParts.hidden(token: token, returnTo: nil))
            \(everywhere)<button type="submit">\(words.text(.signOut))</button>
            </form>
            <p class="more"><a href="/">\(words.text(.staySignedIn))</a></p>
            """)
    }
}
