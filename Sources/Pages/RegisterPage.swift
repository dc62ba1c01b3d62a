import GatewayConfig

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
        let heading = words.text(.createAccountFor, site.title)
        let title = problem == nil ? heading : words.text(.errorTitle, heading)
        return PageDocument(site: site, page: .register, title: title).render(content(heading))
    }

    private var words: Wording { site.words }

    /// Errors by field: a problem that says nothing of fields is about the one that its code names.
    private var errors: [FieldError] {
        guard let problem, problem.errors.isEmpty else { return problem?.errors ?? [] }
        switch problem.code {
        case .nameTaken:
            return [
                FieldError(field: "username", message: "\(words.title(problem)). \(words.detail(problem))")
            ]
        case .weakPassword: return [FieldError(field: "password", message: words.detail(problem))]
        default: return []
        }
    }

    private func content(_ heading: String) -> Markup {
        let errors = errors
        let message = errors.isEmpty ? problem?.message(words) : nil
        return """
            \(FormParts.summary(errors, message: message, fields: ["username", "password"], words))\
            <h1>\(heading)</h1>
            \(warnsOfPlainHTTP ? FormParts.plainHTTPWarning(words) : .none)\
            <form method="post" action="\(site.address("/register"))">
            \(FormParts.hidden(token: token, returnTo: returnTo))
            \(FormParts.field(nameField(errors), words))
            \(FormParts.field(passwordField(errors), words))
            <button type="submit">\(words.text(.createAccount))</button>
            </form>
            <p class="more">\(words.text(.alreadyHaveAccount)) \
            <a href="\(site.address("/login", returnTo: returnTo))">\(words.text(.signIn))</a></p>
            """
    }

    private func nameField(_ errors: [FieldError]) -> TextField {
        TextField(
            name: "username", label: words.text(.userName), value: name, autocomplete: "username",
            hint: words.text(.nameHint), error: error(errors, "username"),
            hasFocus: name.isEmpty || error(errors, "username") != nil)
    }

    private func passwordField(_ errors: [FieldError]) -> TextField {
        TextField(
            name: "password", label: words.text(.password), autocomplete: "new-password", isPassword: true,
            hint: words.text(.passwordHint, "\(passwordMin)"),
            error: error(errors, "password"),
            hasFocus: !name.isEmpty && error(errors, "username") == nil)
    }

    private func error(_ errors: [FieldError], _ field: String) -> String? {
        errors.first { $0.field == field }.map(words.message)
    }
}
