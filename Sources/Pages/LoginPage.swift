/// The page that signs in.
public struct LoginPage: Sendable, Equatable {
    /// The site.
    public var site: PageSite
    /// Signed token for the form.
    public var token: String
    /// Where to go afterwards, checked; nil: the realm's own page.
    public var returnTo: String?
    /// Name as typed before.
    public var name = ""
    /// Why the last attempt failed; nil: there was none.
    public var problem: Problem?
    /// News that is no error: "You are signed out."
    public var notice: String?
    /// How long "keep me signed in" lasts, in words ("30 days"); nil: not offered.
    public var remember: String?
    /// Whether "keep me signed in" was ticked before.
    public var isRemembered = false
    /// Whether the account page comes afterwards, which is no return target.
    public var leadsToAccount = false
    /// Whether new accounts can be made.
    public var offersRegistration = false
    /// The page goes over plain http to a host where browsers drop Secure cookies.
    public var warnsOfPlainHTTP = false

    /// A page without any news.
    public init(site: PageSite, token: String, returnTo: String? = nil) {
        self.site = site
        self.token = token
        self.returnTo = returnTo
    }

    /// The page as UTF-8 HTML.
    public func render() -> [UInt8] {
        let heading = "Sign in to \(site.title)"
        return PageShell.document(title: problem == nil ? heading : "Error: \(heading)", content(heading))
    }

    private func content(_ heading: String) -> Markup {
        let summary = problem.map { FormParts.summary($0.errors, message: $0.message) } ?? .none
        return """
            \(summary)\(problem == nil ? FormParts.notice(notice) : .none)<h1>\(heading)</h1>
            \(warnsOfPlainHTTP ? FormParts.plainHTTPWarning : .none)\
            <form method="post" action="\(site.address("/login"))">
            \(FormParts.hidden(token: token, returnTo: returnTo))\(leadsToAccount ? Self.toAccount : .none)
            \(FormParts.field(nameField))
            \(FormParts.field(passwordField))
            \(rememberBox)<button type="submit">Sign in</button>
            </form>
            \(registration)
            """
    }

    private static let toAccount: Markup = "\n<input type=\"hidden\" name=\"to\" value=\"account\">"

    private var isInDoubt: Bool { problem?.code == .badCredentials }

    private var nameField: TextField {
        TextField(
            name: "username", label: "User name", value: name, autocomplete: "username", isInDoubt: isInDoubt,
            hasFocus: name.isEmpty)
    }

    private var passwordField: TextField {
        TextField(
            name: "password", label: "Password", autocomplete: "current-password", isPassword: true,
            isInDoubt: isInDoubt, hasFocus: !name.isEmpty)
    }

    private var rememberBox: Markup {
        guard let remember else { return .none }
        let checked: Markup = isRemembered ? " checked" : .none
        return """
            <label class="check"><input type="checkbox" name="remember" value="1"\(checked)> \
            <span>Keep me signed in for \(remember)</span></label>

            """
    }

    private var registration: Markup {
        guard offersRegistration else { return .none }
        return """
            <p class="more">No account yet? \
            <a href="\(site.address("/register", returnTo: returnTo))">Create one</a></p>
            """
    }
}
