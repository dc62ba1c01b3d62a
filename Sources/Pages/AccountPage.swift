/// The page on which people see and end their sessions and change their password.
public struct AccountPage: Sendable, Equatable {
    /// What was just done, as the page's query says it.
    public enum Notice: String, Sendable, CaseIterable {
        case password, session, others

        var text: String {
            switch self {
            case .password: "Your password is changed. You are signed out everywhere else."
            case .session: "That session is signed out."
            case .others: "You are signed out everywhere else."
            }
        }
    }

    /// The site.
    public var site: PageSite
    /// Signed token for the forms.
    public var token: String
    /// Login name.
    public var name: String
    /// Roles that the session carries.
    public var roles: [String] = []
    /// In the order they are shown.
    public var sessions: [ListedSessionAnswer]
    /// Whether the password can be changed here.
    public var changesPassword = true
    /// Fewest characters of a password.
    public var passwordMin: Int
    /// Seconds since 1970.
    public var now: Int
    /// What was just done; nil: nothing.
    public var notice: Notice?
    /// Why the password was not changed; nil: nobody tried.
    public var problem: Problem?

    /// The page of whoever is signed in as `name`.
    public init(
        site: PageSite, token: String, name: String, sessions: [ListedSessionAnswer], passwordMin: Int,
        now: Int
    ) {
        self.site = site
        self.token = token
        self.name = name
        self.sessions = sessions
        self.passwordMin = passwordMin
        self.now = now
    }

    /// The page as UTF-8 HTML.
    public func render() -> [UInt8] {
        let heading = "Your account at \(site.title)"
        return PageShell.document(
            title: problem == nil ? heading : "Error: \(heading)", isWide: true,
            """
            \(summary)\(problem == nil ? FormParts.notice(notice?.text) : .none)<h1>\(heading)</h1>
            <p>You are signed in as <strong>\(name)</strong>.\(roleText)</p>
            <section aria-labelledby="sessions">
            <h2 id="sessions">Where you are signed in</h2>
            <ul class="list">
            \(Markup(joining: sessions.map(item)))</ul>
            \(othersForm)</section>
            \(passwordSection)
            <p class="more"><a href="\(site.address("/logout"))">Sign out</a> &middot; \
            <a href="/">Back to \(site.title)</a></p>
            """)
    }

    private var summary: Markup {
        guard let problem else { return .none }
        let message = problem.errors.isEmpty ? problem.message : nil
        return FormParts.summary(problem.errors, message: message, fields: ["current", "new"])
    }

    private var roleText: Markup {
        roles.isEmpty ? .none : " Your roles: \(roles.joined(separator: ", "))."
    }

    // MARK: Sessions

    private func item(_ session: ListedSessionAnswer) -> Markup {
        let agent = AgentName.words(session.agent)
        let place = session.address.isEmpty ? "" : " from \(session.address)"
        let mark: Markup = session.isCurrent ? " <span class=\"mark\">This session</span>" : .none
        let remembered = session.remember ? " Stays signed in." : ""
        return """
            <li>
            <div><strong>\(agent)</strong>\(mark)<br>
            <span class="hint">Signed in \(time(session.created))\(place). \
            Last used \(DurationText.ago(seconds: now - session.lastSeen)).\(remembered)</span></div>
            \(session.isCurrent ? .none : endForm(session, "\(agent)\(place)"))</li>

            """
    }

    private func time(_ seconds: Int) -> Markup {
        let stamp = Timestamp.rfc3339(seconds: seconds)
        return
            "<time datetime=\"\(stamp)\">\(String(stamp.prefix(10))) \(String(stamp.dropFirst(11).prefix(5))) UTC</time>"
    }

    private func endForm(_ session: ListedSessionAnswer, _ description: String) -> Markup {
        """
        <form method="post" action="\(site.address("/account"))">
        \(FormParts.hidden(token: token, returnTo: nil))
        <input type="hidden" name="end" value="\(session.id)">
        <button type="submit" class="small">Sign out<span class="hidden"> \(description)</span></button>
        </form>

        """
    }

    private var othersForm: Markup {
        guard sessions.contains(where: { !$0.isCurrent }) else { return .none }
        return """
            <form method="post" action="\(site.address("/account"))">
            \(FormParts.hidden(token: token, returnTo: nil))
            <input type="hidden" name="end" value="others">
            <button type="submit" class="plain">Sign out everywhere else</button>
            </form>

            """
    }

    // MARK: Password

    private var passwordSection: Markup {
        guard changesPassword else { return .none }
        // The name is there for password managers, which would otherwise not know whose password changes.
        return """
            <section aria-labelledby="password">
            <h2 id="password">Change your password</h2>
            <form method="post" action="\(site.address("/password"))">
            \(FormParts.hidden(token: token, returnTo: nil))
            <input class="hidden" type="text" name="username" autocomplete="username" value="\(name)" readonly \
            tabindex="-1" aria-hidden="true">
            \(FormParts.field(currentField))
            \(FormParts.field(newField))
            <button type="submit">Change password</button>
            </form>
            </section>
            """
    }

    private var currentField: TextField {
        TextField(
            name: "current", label: "Current password", autocomplete: "current-password", isPassword: true,
            error: error("current"), hasFocus: error("current") != nil)
    }

    private var newField: TextField {
        TextField(
            name: "new", label: "New password", autocomplete: "new-password", isPassword: true,
            hint: "At least \(passwordMin) characters, any you like. You will be signed out everywhere else.",
            error: error("new"), hasFocus: error("new") != nil)
    }

    private func error(_ field: String) -> String? {
        problem?.errors.first { $0.field == field }?.message
    }
}
