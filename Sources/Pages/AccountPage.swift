import GatewayConfig

/// The page on which people see and end their sessions and change their password.
public struct AccountPage: Sendable, Equatable {
    /// What was just done, as the page's query says it.
    public enum Notice: String, Sendable, CaseIterable {
        case password, session, others

        var phrase: Phrase {
            switch self {
            case .password: .passwordNotice
            case .session: .sessionNotice
            case .others: .othersNotice
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
        let heading = words.text(.accountAt, site.title)
        let title = problem == nil ? heading : words.text(.errorTitle, heading)
        let news = problem == nil ? notice.map { words.text($0.phrase) } : nil
        return PageDocument(site: site, page: .account, title: title, isWide: true).render(
            """
            \(summary)\(FormParts.notice(news))<h1>\(heading)</h1>
            <p>\(words.markup(.signedInAs, "<strong>\(name)</strong>"))\(roleText)</p>
            <section aria-labelledby="sessions">
            <h2 id="sessions">\(words.text(.whereSignedIn))</h2>
            <ul class="list">
            \(Markup(joining: sessions.map(item)))</ul>
            \(othersForm)</section>
            \(passwordSection)
            <p class="more"><a href="\(site.address("/logout"))">\(words.text(.signOut))</a> &middot; \
            <a href="/">\(words.text(.backTo, site.title))</a></p>
            """)
    }

    private var words: Wording { site.words }

    private var summary: Markup {
        guard let problem else { return .none }
        let message = problem.errors.isEmpty ? problem.message(words) : nil
        return FormParts.summary(problem.errors, message: message, fields: ["current", "new"], words)
    }

    private var roleText: Markup {
        roles.isEmpty ? .none : " \(words.text(.roles, roles.joined(separator: ", ")))"
    }

    // MARK: Sessions

    private func item(_ session: ListedSessionAnswer) -> Markup {
        let agent = AgentName.words(session.agent, words)
        let place = session.address
        let name = place.isEmpty ? agent : words.text(.agentFrom, agent, place)
        let signedIn =
            place.isEmpty
            ? words.markup(.signedInAt, time(session.created))
            : words.markup(.signedInAtFrom, time(session.created), "\(place)")
        let age = DurationText.ago(seconds: now - session.lastSeen, words.language)
        let mark: Markup =
            session.isCurrent ? " <span class=\"mark\">\(words.text(.thisSession))</span>" : .none
        let remembered = session.remember ? " " + words.text(.staysSignedIn) : ""
        return """
            <li>
            <div><strong>\(agent)</strong>\(mark)<br>
            <span class="hint">\(signedIn) \(words.text(.lastUsed, age))\(remembered)</span></div>
            \(session.isCurrent ? .none : endForm(session, name))</li>

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
        <button type="submit" class="small">\(words.text(.signOut))<span class="hidden"> \(description)</span></button>
        </form>

        """
    }

    private var othersForm: Markup {
        guard sessions.contains(where: { !$0.isCurrent }) else { return .none }
        return """
            <form method="post" action="\(site.address("/account"))">
            \(FormParts.hidden(token: token, returnTo: nil))
            <input type="hidden" name="end" value="others">
            <button type="submit" class="plain">\(words.text(.signOutElsewhere))</button>
            </form>

            """
    }

    // MARK: Password

    private var passwordSection: Markup {
        guard changesPassword else { return .none }
        // The name is there for password managers, which would otherwise not know whose password changes.
        return """
            <section aria-labelledby="password">
            <h2 id="password">\(words.text(.changeYourPassword))</h2>
            <form method="post" action="\(site.address("/password"))">
            \(FormParts.hidden(token: token, returnTo: nil))
            <input class="hidden" type="text" name="username" autocomplete="username" value="\(name)" readonly \
            tabindex="-1" aria-hidden="true">
            \(FormParts.field(currentField, words))
            \(FormParts.field(newField, words))
            <button type="submit">\(words.text(.changePassword))</button>
            </form>
            </section>
            """
    }

    private var currentField: TextField {
        TextField(
            name: "current", label: words.text(.currentPassword), autocomplete: "current-password",
            isPassword: true,
            error: error("current"), hasFocus: error("current") != nil)
    }

    private var newField: TextField {
        TextField(
            name: "new", label: words.text(.newPassword), autocomplete: "new-password", isPassword: true,
            hint: words.text(.newPasswordHint, "\(passwordMin)"),
            error: error("new"), hasFocus: error("new") != nil)
    }

    private func error(_ field: String) -> String? {
        problem?.errors.first { $0.field == field }.map(words.message)
    }
}
