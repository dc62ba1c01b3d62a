import GatewayConfig

/// The page that signs in.
public struct LoginPage: Sendable, Equatable {
    /// News that are no error.
    public enum Notice: Sendable, Equatable {
        /// What is asked for needs a fresh sign-in.
        case relogin
    }

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
    /// News that is no error; nil: none.
    public var notice: Notice?
    /// Seconds that "keep me signed in" lasts; nil: not offered.
    public var remember: Int?
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
        let heading = words.text(.signInTo, site.title)
        let title = problem == nil ? heading : words.text(.errorTitle, heading)
        return PageDocument(site: site, page: .login, title: title).render(content(heading))
    }

    private var words: Wording { site.words }

    private func content(_ heading: String) -> Markup {
        let summary = problem.map { FormParts.summary($0.errors, message: $0.message(words), words) } ?? .none
        let news = notice.map { _ in words.text(.reloginNotice) }
        return """
            \(summary)\(problem == nil ? FormParts.notice(news) : .none)<h1>\(heading)</h1>
            \(warnsOfPlainHTTP ? FormParts.plainHTTPWarning(words) : .none)\
            <form method="post" action="\(site.address("/login"))">
            \(FormParts.hidden(token: token, returnTo: returnTo))\(leadsToAccount ? Self.toAccount : .none)
            \(FormParts.field(nameField, words))
            \(FormParts.field(passwordField, words))
            \(rememberBox)<button type="submit">\(words.text(.signIn))</button>
            </form>
            \(registration)
            """
    }

    private static let toAccount: Markup = "\n<input type=\"hidden\" name=\"to\" value=\"account\">"

    private var isInDoubt: Bool { problem?.code == .badCredentials }

    private var nameField: TextField {
        TextField(
            name: "username", label: words.text(.userName), value: name, autocomplete: "username",
            isInDoubt: isInDoubt,
            hasFocus: name.isEmpty)
    }

    private var passwordField: TextField {
        TextField(
            name: "password", label: words.text(.password), autocomplete: "current-password",
            isPassword: true,
            isInDoubt: isInDoubt, hasFocus: !name.isEmpty)
    }

    private var rememberBox: Markup {
        guard let remember else { return .none }
        let checked: Markup = isRemembered ? " checked" : .none
        return """
            <label class="check"><input type="checkbox" name="remember" value="1"\(checked)> \
            <span>\(words.text(.keepSignedIn, DurationText.words(seconds: remember, words.language)))</span></label>

            """
    }

    private var registration: Markup {
        guard offersRegistration else { return .none }
        return """
            <p class="more">\(words.text(.noAccountYet)) \
            <a href="\(site.address("/register", returnTo: returnTo))">\(words.text(.createOne))</a></p>
            """
    }
}
