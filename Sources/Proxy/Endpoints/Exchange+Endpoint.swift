import Access
import GatewayConfig
import HTTP1
import HTTPCore
import Operations
import Pages
import Transport

/// The gateway's own endpoints: which one, which methods, and how their bodies come in.
extension Exchange {
    /// Picks the endpoint that `rest`, the path behind the realm's prefix, names. False: answered.
    func pickEndpoint(_ realm: Realm, _ rest: Span<UInt8>) -> Bool {
        var name: [UInt8] = []
        for index in rest.indices { name.append(rest[index]) }
        guard let endpoint = EndpointRequest(path: name, realm: realm),
            endpoint.kind != .token || realm.takesBearer
        else { return refused(404, .notFound, "There is nothing at this address.") }
        guard endpoint.takes(head.method) else {
            var reply = errorReply(405, .methodNotAllowed, "This address does not take that method.")
            reply.add("Allow", "\(endpoint.allow)")
            respond(reply)
            return false
        }
        self.endpoint = endpoint
        return true
    }

    func runEndpoint() {
        guard let endpoint else { return }
        // A proxy that asks about a handshake may ask with all of it.
        if head.hasUpgrade && head.upgradesToWebSocket && endpoint.kind != .verify {
            refuse(400, .badRequest, "This address does not take WebSocket connections.")
            return
        }
        if head.method == .post || head.method == .delete {
            startCollecting()
            return
        }
        switch endpoint.kind {
        case .login: showLogin()
        case .register: showRegister()
        case .logout: showLogout()
        case .session: askWhoami()
        case .sessions: withSession { $0.listSessions() }
        case .account: showAccount()
        case .password: redirectToAccount(status: 303)
        case .verify: verifyRequest()
        case .logo: showPicture(endpoint.realm.look.logo)
        case .icon: showPicture(endpoint.realm.look.icon)
        case .token: break
        }
    }

    // MARK: Bodies

    private func startCollecting() {
        guard let endpoint else { return }
        guard field(.contentEncoding) == nil, let media = bodyMedia() else {
            refuse(415, .badRequest, "Send application/json or application/x-www-form-urlencoded.")
            return
        }
        endpoint.isForm = media == .form
        if let length = head.contentLength, length > worker.settings.limits.formBody {
            badRequest = .tooLarge
            end = .limit
            refuse(413, .bodyTooLarge, "The request's body is larger than this address takes.")
            return
        }
        collectedBody.removeAll(keepingCapacity: true)
        if isRequestBodyDone {
            runPost()
            return
        }
        keepHead()
        phase = .collecting
        if awaitsContinue {
            awaitsContinue = false
            worker.write("HTTP/1.1 100 Continue\r\n\r\n", to: stream)
        }
        armDeadline()
        collectBody()
    }

    /// What the body is: nil = not a type we take. A logout without a body needs no type.
    private func bodyMedia() -> MediaType? {
        guard let type = field(.contentType) else { return isRequestBodyDone ? .json : nil }
        let raw = type.bindMemory(to: UInt8.self)
        return MediaType(raw.span)
    }

    func collectBody() {
        while let input = stream.input, !isRequestBodyDone {
            let raw = input.readable.bindMemory(to: UInt8.self)
            guard let piece = try? requestBody.next(raw.span, from: 0) else {
                end = .badRequest
                badRequest = .framing
                refuse(400, .badRequest, "The request's body is not framed as HTTP wants it.")
                return
            }
            switch piece {
            case .payload(let range):
                collectedBody.append(contentsOf: input.readable[range])
                requestBodyBytes += range.count
                stream.consume(range.upperBound)
                if collectedBody.count > worker.settings.limits.formBody {
                    badRequest = .tooLarge
                    end = .limit
                    refuse(413, .bodyTooLarge, "The request's body is larger than this address takes.")
                    return
                }
            case .needMore(let consumed):
                stream.consume(consumed)
                armDeadline()
                return
            case .end(let consumed): stream.consume(consumed)
            }
            if requestBody.isComplete { isRequestBodyDone = true }
        }
        guard isRequestBodyDone else { return }
        times.waited += worker.loop.nowMicroseconds - times.started
        phase = .working
        timer.disarm()
        runPost()
    }

    private func runPost() {
        guard let endpoint else { return }
        phase = .working
        // Another site learns nothing of what a body would have done, well-formed or not.
        let origin = originVerdict(Self.ownOrigin)
        guard origin != .refused else {
            refuseOtherSite()
            return
        }
        guard let form = parseForm(endpoint) else { return }
        guard isFromOurPage(endpoint, form, origin) else {
            refuseOtherSite()
            return
        }
        switch endpoint.kind {
        case .login: login(form)
        case .register: register(form)
        case .logout: logout(form)
        case .session: withSession { $0.extendSession(form) }
        case .sessions: endSessions(endpoint)
        case .password: changePassword(form)
        case .token: login(form)
        case .account: changeAccount(form)
        case .verify, .logo, .icon: break
        }
    }

    private func parseForm(_ endpoint: EndpointRequest) -> FormFields? {
        if collectedBody.isEmpty && endpoint.kind.takesEmptyBody { return FormFields() }
        do {
            let body = collectedBody
            return try FormBody.parse(body.span, as: endpoint.isForm ? .form : .json)
        } catch {
            refuse(400, .badRequest, error.detail)
            return nil
        }
    }

    private func refuseOtherSite() {
        refuse(403, .csrfFailed, "The request does not come from a page of this site.")
    }

    /// Decision 25: Sec-Fetch-Site, else Origin, else only what a page of another site cannot send.
    private func isFromOurPage(
        _ endpoint: EndpointRequest, _ form: FormFields, _ verdict: OriginPolicy.Verdict
    ) -> Bool {
        let body: OriginPolicy.Body =
            collectedBody.isEmpty && endpoint.kind.takesEmptyBody ? .empty : endpoint.isForm ? .form : .json
        // No page can make another site's visitor send this header.
        if verdict == .unstated && carriesBearer(endpoint.realm) { return true }
        let token = form.text("csrf")
        return verdict.permits(body, hasSignedToken: token.map { worker.formTokens.isValid($0) } ?? false)
    }

    private static let ownOrigin = OriginPolicy()

    // MARK: Return target and query

    /// A field of the query string; duplicates of it are refused. nil in an optional: answered.
    func queryValue(_ name: String) -> [UInt8]?? {
        guard let query = head.query else { return .some(nil) }
        let raw = headBytes.bindMemory(to: UInt8.self)
        let all = raw.span
        do {
            return .some(try FormBody.queryValue(name, in: all.extracting(query)))
        } catch {
            refuse(400, .badRequest, error.detail)
            return nil
        }
    }

    /// `return_to` of the query. What is no text is as little a path of this host as an address elsewhere.
    func queryTarget() -> [UInt8]?? {
        guard let query = head.query else { return .some(nil) }
        let raw = headBytes.bindMemory(to: UInt8.self)
        let all = raw.span
        do {
            return .some(try FormBody.queryValue("return_to", in: all.extracting(query)))
        } catch .malformed, .invalidUTF8 {
            return .some([])
        } catch {
            refuse(400, .badRequest, error.detail)
            return nil
        }
    }

    /// A return target that passed the check, else `/` or where the realm says.
    func checkedTarget(_ target: [UInt8]?, _ realm: Realm) -> [UInt8] {
        let prefix = realm.endpoints
        guard let target, let checked = ReturnTarget.checked(target.span, prefix: prefix.span) else {
            return Array(realm.settings.afterLogin.utf8)
        }
        return checked
    }
}
