import Access
import Accounts
import GatewayConfig
import HTTP1
import HTTPCore
import Operations
import Pages
import Sessions
import Throttling
import Transport

extension Exchange {
    // MARK: Pages

    func showLogin() {
        guard let endpoint, let target = queryTarget(), let next = queryValue("to"),
            let fresh = queryValue("fresh")
        else { return }
        if showsLostCookie(endpoint.realm) { return }
        let checked = target.map { checkedTarget($0, endpoint.realm) }
        if fresh != nil {
            relogin(target: checked)
            return
        }
        respond(
            loginPage(endpoint.realm, status: 200, target: checked, leadsToAccount: Self.isAccount(next)))
    }

    func loginPage(
        _ realm: Realm, status: Int, target: [UInt8]?, name: [UInt8] = [], problem: Problem? = nil,
        notice: LoginPage.Notice? = nil, leadsToAccount: Bool = false, isRemembered: Bool = false
    ) -> Reply {
        var reply = Reply(status: status)
        var page = LoginPage(
            site: pageSite(realm), token: worker.formTokens.make(),
            returnTo: target.map { String(decoding: $0, as: UTF8.self) })
        page.name = String(decoding: name, as: UTF8.self)
        page.problem = problem
        page.notice = notice
        page.leadsToAccount = leadsToAccount
        page.remember = realm.settings.remember.map { $0 / 1_000 }
        page.isRemembered = isRemembered
        page.offersRegistration = realm.isRegistrationOpen
        page.warnsOfPlainHTTP = isPlainHTTPElsewhere
        setPage(&reply, page.render())
        return reply
    }

    func pageSite(_ realm: Realm) -> PageSite {
        PageSite(
            title: siteTitle, prefix: realm.settings.endpoints, look: realm.look.page,
            language: pageLanguage(realm.look))
    }

    /// http on a host that browsers do not take for secure: Secure cookies are dropped there.
    var isPlainHTTPElsewhere: Bool {
        guard let realm, realm.settings.cookieSecure, knownScheme != .https else { return false }
        var host = Array(bytes(head.host))
        if let colon = host.lastIndex(of: UInt8(ascii: ":")), !host.hasSuffix("]") {
            host = Array(host[..<colon])
        }
        let text = String(decoding: host, as: UTF8.self)
        return text != "localhost" && !text.hasSuffix(".localhost") && !text.hasPrefix("127.")
            && text != "[::1]"
    }

    // MARK: POST

    func login(_ form: FormFields) {
        guard let endpoint, let name = form.text("username"), let password = form.text("password") else {
            refuseIncomplete(form)
            return
        }
        askLeave(endpoint, form, name: name) { [self] attempt in
            authenticate(endpoint, name, password, form, attempt)
        }
    }

    private func authenticate(
        _ endpoint: EndpointRequest, _ name: [UInt8], _ password: [UInt8], _ form: FormFields,
        _ attempt: LoginAttempt
    ) {
        let epoch = self.epoch
        let throttle = endpoint.realm.throttle
        let trail = auditTrail(endpoint.realm)
        let accepted = endpoint.realm.accounts.authenticate(name: name, password: password) {
            [self] outcome in
            throttle.settle(attempt, outcome.settlement)
            trail.recordLogin(outcome, name: name)
            guard epoch == self.epoch, isRunning else { return }
            onAuthenticated(outcome, form)
        }
        if !accepted {
            throttle.settle(attempt, .withdrawn)
            trail.recordFailure("overloaded", name: name, isUser: false)
            refuse(503, .overloaded, "Too many logins are waiting.", retryAfter: 2_000)
        }
    }

    private func onAuthenticated(_ outcome: AccountsDesk.Outcome, _ form: FormFields) {
        guard let endpoint else { return }
        switch outcome {
        case .user(let user): createSession(user, endpoint.realm, form, created: 200)
        case .rejected(_, let since): rejectLogin(endpoint, form, since)
        case .unavailable: refuse(503, .storeUnavailable, "Accounts cannot be read.", retryAfter: 2_000)
        default: refuse(503, .storeUnavailable, "Accounts cannot be read.", retryAfter: 2_000)
        }
    }

    /// One wording, one duration, whatever the reason; the document has no instance (decision 19).
    private func rejectLogin(_ endpoint: EndpointRequest, _ form: FormFields, _ since: Int64) {
        worker.tally.count(.loginFailures)
        var reply = formReply(endpoint, form, Problem(.badCredentials))
        addChallenge(&reply, endpoint.realm)
        endpoint.delayedReply = reply
        phase = .working
        worker.loop.arm(timer, at: since + endpoint.realm.accounts.failureMilliseconds)
    }

    /// Name or password is missing.
    func refuseIncomplete(_ form: FormFields) {
        refuseFields(form, .bothNeeded, field: form.text("username") == nil ? "username" : "password")
    }

    func refuseFields(_ form: FormFields, _ reason: FieldReason, field: String = "username") {
        guard let endpoint else { return }
        let problem = Problem(
            .invalidField, instance: requestIDText, errors: [FieldError(field: field, reason)])
        respond(formReply(endpoint, form, problem))
    }

    /// The form again with what is wrong, or the problem as a document: the answer to a POST follows Accept.
    func formReply(_ endpoint: EndpointRequest, _ form: FormFields, _ problem: Problem) -> Reply {
        guard prefersHTML, endpoint.kind != .token else {
            var reply = Reply(status: problem.status)
            setProblem(&reply, problem)
            return reply
        }
        let target = form.text("return_to").map { checkedTarget($0, endpoint.realm) }
        let name = form.text("username") ?? []
        if endpoint.kind == .register {
            return registerPage(
                endpoint.realm, status: problem.status, target: target, name: name, problem: problem)
        }
        return loginPage(
            endpoint.realm, status: problem.status, target: target, name: name, problem: problem,
            leadsToAccount: Self.isAccount(form.text("to")), isRemembered: form.flag("remember"))
    }

    // MARK: Session

    /// Writes the record first; only then is there a cookie.
    func createSession(_ user: UserRecord, _ realm: Realm, _ form: FormFields, created status: Int) {
        guard let ticket = try? realm.issuer.issue(), let handle = try? SessionRecord.makeHandle() else {
            refuseUnavailableStore()
            return
        }
        let record = newRecord(user, realm, form, ticket.hash, handle)
        // A token is asked for besides what the client has, not in place of it.
        var previous: SessionHash?
        if endpoint?.kind != .token, case .valid(let hash) = findTicket(realm) { previous = hash }
        let trail = auditTrail(realm)
        let event: AuditEvent = endpoint?.kind == .register ? .register : .login
        let epoch = self.epoch
        let since = worker.loop.now
        let finish: (SessionCreation, SessionRecord) -> Void = { [self] outcome, record in
            trail.recordSession(outcome, record, event)
            guard epoch == self.epoch, isRunning else { return }
            finishLogin(outcome, record, ticket, realm, form, status)
        }
        realm.sessions.create(record, replacing: previous) { [self] outcome in
            guard case .created = outcome, event == .login, let password = form.text("password") else {
                finish(outcome, record)
                return
            }
            realm.confirm(record, of: user, password: password) { [self] confirmation in
                switch confirmation {
                case .confirmed(let record): finish(outcome, record)
                case .unavailable: finish(.unavailable(.refused), record)
                case .rejected(let reason):
                    trail.recordFailure(reason.rawValue, name: record.name, isUser: true)
                    guard epoch == self.epoch, isRunning, let endpoint else { return }
                    rejectLogin(endpoint, form, since)
                }
            }
        }
    }

    private func newRecord(
        _ user: UserRecord, _ realm: Realm, _ form: FormFields, _ hash: SessionHash, _ handle: [UInt8]
    ) -> SessionRecord {
        let now = worker.loop.wallNow
        var record = SessionRecord(
            hash: hash, userID: Array(user.id.text.utf8), name: Array(user.name.canonical.utf8),
            roles: user.roles.map { Array($0.utf8) }, realm: realm.name, handle: handle, created: now,
            absoluteEnd: now + Int64(realm.settings.absolute),
            idleSeconds: Int64(realm.settings.idle / 1_000))
        record.address = clientAddress
        record.agent = field(.userAgent).map { Array($0) } ?? []
        if let remember = realm.settings.remember, form.flag("remember") {
            record.isRemembered = true
            record.absoluteEnd = now + Int64(remember)
            record.idleSeconds = 0
        }
        return record
    }

    private func finishLogin(
        _ outcome: SessionCreation, _ record: SessionRecord, _ ticket: Ticket, _ realm: Realm,
        _ form: FormFields, _ status: Int
    ) {
        switch outcome {
        case .created:
            if endpoint?.kind != .register { worker.tally.count(.logins) }
            answerLogin(record, ticket, realm, form, status)
        case .limitReached:
            refuse(409, .sessionLimit, "This account has as many sessions as it may have.")
        case .unavailable: refuseUnavailableStore()
        }
    }

    private func answerLogin(
        _ record: SessionRecord, _ ticket: Ticket, _ realm: Realm, _ form: FormFields, _ created: Int
    ) {
        if endpoint?.kind == .token {
            respond(tokenReply(sessionDocument(record, realm), ticket, end: record.absoluteEnd))
            return
        }
        var reply: Reply
        if prefersHTML {
            reply = Reply(status: 303)
            reply.add("Location", landing(form, realm))
        } else {
            reply = Reply(status: created)
            reply.setBody(sessionDocument(record, realm).json(), "application/json")
        }
        addTicket(&reply, ticket, realm, end: record.absoluteEnd)
        if prefersHTML && knownScheme != .https { reply.addCookie(Self.checkCookie) }
        respond(reply)
    }

    // MARK: Cookie lost

    /// Set by a form login over http and read by nobody but us: if it comes back and the session's does not, the
    /// browser dropped the session's (decision 17).
    static let checkCookie = Array("gatehouse-check=1; Max-Age=30; Path=/; HttpOnly; SameSite=Lax".utf8)
    static let clearedCheckCookie = Array("gatehouse-check=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax".utf8)
    static let checkCookieName = Array("gatehouse-check".utf8)

    /// Whether the request brings the cookie that tells a lost session's.
    var sendsCheckCookie: Bool {
        guard head.cookieLineCount > 0 else { return false }
        let raw = headBytes.bindMemory(to: UInt8.self)
        return CookieScanner.find(Self.checkCookieName, in: head.fields, raw.span).count > 0
    }

    /// Shows the page that names the cause instead of looping. True: answered.
    func showsLostCookie(_ realm: Realm) -> Bool {
        guard head.method == .get, sendsCheckCookie else { return false }
        guard !keepsCookies(like: realm) else { return false }
        var reply = Reply(status: 200)
        setPage(
            &reply,
            CookieLostPage(
                site: pageSite(realm), cause: isPlainHTTPElsewhere ? .plainHTTP : .unknown, host: siteTitle
            ).render())
        reply.addCookie(Self.clearedCheckCookie)
        respond(reply)
        return true
    }

    /// Whether the browser has kept this realm's cookie or another's that is set in the same way: who has logged in
    /// to one realm and goes on to the next has lost nothing.
    private func keepsCookies(like realm: Realm) -> Bool {
        let raw = headBytes.bindMemory(to: UInt8.self)
        return worker.realms.contains {
            $0.settings.cookieSecure == realm.settings.cookieSecure
                && CookieScanner.find($0.cookieName, in: head.fields, raw.span).count > 0
        }
    }

    func addChallenge(_ reply: inout Reply, _ realm: Realm) {
        reply.add(
            "WWW-Authenticate",
            "Cookie realm=\"\(realm.settings.name)\", form-action=\"\(realm.settings.endpoints)/login\", "
                + "cookie-name=\"\(realm.settings.cookie)\"")
        if realm.takesBearer {
            reply.add("WWW-Authenticate", "Bearer realm=\"\(realm.settings.name)\"")
        }
    }
}

extension [UInt8] {
    func hasSuffix(_ text: String) -> Bool { suffix(text.utf8.count).elementsEqual(text.utf8) }
}
