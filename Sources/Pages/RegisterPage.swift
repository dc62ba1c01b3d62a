/// The page that makes an account.
public struct RegisterPage: Sendable, Equatable {
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
    /// Fewest characters of a password.
    public var passwordMin: Int
    /// The page goes over plain http to a host where browsers drop Secure cookies.
    public var warnsOfPlainHTTP = false

    /// A page without any news.
    public init(site: PageSite, token: String, returnTo: String? = nil, passwordMin: Int) {
        self.site = site
        self.token = token
        self.returnTo = returnTo
        self.passwordMin = passwordMin
    }

    /// The page as UTF-8 HTML.
    public func render() -> [UInt8] {
        let heading = "Create an account for \(site.title)"
        return PageShell.document(title: problem == nil ? heading : "Error: \(heading)", content(heading))
    }

    /// Errors by field: a problem that says nothing of fields is about the one that its code names.
    private var errors: [FieldError] {
        guard let problem, problem.errors.isEmpty else { return problem?.errors ?? [] }
        switch problem.code {
        case .nameTaken:
            return [FieldError(field: "username", message: "\(problem.title). \(problem.detail)")]
        case .weakPassword: return [FieldError(field: "password", message: problem.detail)]
        default: return []
        }
    }

    private func content(_ heading: String) -> Markup {
        let errors = errors
        let message = errors.isEmpty ? problem?.message : nil
        return """
            \(FormParts.summary(errors, message: message, fields: ["username", "password"]))\
            <h1>\(heading)</h1>
            \(warnsOfPlainHTTP ? FormParts.plainHTTPWarning : .none)\
            <form method="post" action="\(site.address("/register"))">
            \(FormParts.hidden(token: token, returnTo: returnTo))
            \(FormParts.field(nameField(errors)))
            \(FormParts.field(passwordField(errors)))
            <button type="submit">Create account</button>
            </form>
            <p class="more">Already have an account? \
            <a href="\(site.address("/login", returnTo: returnTo))">Sign in</a></p>
            """
    }

    private func nameField(_ errors: [FieldError]) -> TextField {
        TextField(
            name: "username", label: "User name", value: name, autocomplete: "username",
            hint: "Letters and digits without accents, and . _ @ + -", error: Self.error(errors, "username"),
            hasFocus: name.isEmpty || Self.error(errors, "username") != nil)
    }

    private func passwordField(_ errors: [FieldError]) -> TextField {
        TextField(
            name: "password", label: "Password", autocomplete: "new-password", isPassword: true,
            hint:
                "At least \(passwordMin) characters, any you like. A few words in a row are easy to keep in mind.",
            error: Self.error(errors, "password"),
            hasFocus: !name.isEmpty && Self.error(errors, "username") == nil)
    }

    private static func error(_ errors: [FieldError], _ field: String) -> String? {
        errors.first { $0.field == field }?.message
    }
}
