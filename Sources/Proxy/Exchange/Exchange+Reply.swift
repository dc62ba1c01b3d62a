import Access
import GatewayConfig
import HTTP1
import HTTPCore
import Operations
import Pages
import Transport

extension Exchange {
    // MARK: Errors

    /// Answers with an error of ours, as a page or a problem document. After the response has begun, the
    /// connection is cut instead.
    func refuse(_ status: Int, _ code: ProblemCode, _ detail: String, retryAfter: Int? = nil) {
        dropUpstream()
        guard !hasResponseStarted else {
            abortClient()
            return
        }
        var reply = errorReply(status, code, detail, retryAfter: retryAfter)
        if status == 400 || status == 408 || status == 431 || status == 414
            || status >= 501 && headLength == 0
        {
            reply.closes = true
        }
        respond(reply)
    }

    func errorReply(
        _ status: Int, _ code: ProblemCode, _ detail: String, retryAfter: Int? = nil
    ) -> Reply {
        var reply = Reply(status: status)
        let seconds = retryAfter.map { max(1, ($0 + 999) / 1_000) }
        if let seconds { reply.add("Retry-After", "\(seconds)") }
        let problem = Problem(
            code, status: status, detail: detail, instance: requestIDText, retryAfter: seconds)
        setProblem(&reply, problem)
        return reply
    }

    /// The problem as a page or a document, as the client prefers.
    func setProblem(_ reply: inout Reply, _ problem: Problem, isStillSignedIn: Bool = false) {
        guard prefersHTML else {
            reply.setBody(problem.json(base: worker.settings.problemBase), "application/problem+json")
            return
        }
        let site = PageSite(
            title: siteTitle, prefix: "", look: look.page, language: pageLanguage(look))
        let page = ErrorPage(problem, site: site, retryPath: retryPath, isStillSignedIn: isStillSignedIn)
        setPage(&reply, page.render())
    }

    /// The address to try again, where that is a plain GET.
    private var retryPath: String? {
        guard head.method == .get, status != 400, headLength > 0, endpoint == nil else { return nil }
        return withPath { String(decoding: $0, as: UTF8.self) }
    }

    func setPage(_ reply: inout Reply, _ page: [UInt8]) {
        reply.setBody(page, "text/html; charset=utf-8")
        for line in look.headers { reply.add(line.name, line.value) }
    }

    /// Whether the client listed text/html; nothing parsed, or `*/*` alone, means JSON.
    var prefersHTML: Bool {
        guard headLength > 0 else { return false }
        return requestFacts().prefersHTML
    }

    /// The store could not say: nobody is let in, nobody is logged out.
    func refuseUnavailableStore() {
        if hasUnusableRecord {
            refuse(500, .internalError, "The session is damaged. Sign in again.")
            return
        }
        let seconds = max(1, (worker.settings.redis.retryAfter + 999) / 1_000)
        var reply = Reply(status: 503)
        reply.add("Retry-After", "\(seconds)")
        let problem = Problem(
            .storeUnavailable, detail: "Sessions cannot be checked at the moment.", instance: requestIDText,
            retryAfter: seconds)
        setProblem(&reply, problem, isStillSignedIn: bringsTicket)
        respond(reply)
    }

    /// Whether there is a session to keep: who comes to log in must not read that they are signed in still.
    private var bringsTicket: Bool {
        guard let realm, case .valid = findTicket(realm) else { return false }
        return true
    }

    /// Nobody is logged in: a challenge and where to log in (http-interface: 401/303 rule).
    func refuseUnauthenticated() {
        guard let realm else { return }
        var reply = Reply(status: 401)
        addChallenge(&reply, realm)
        if clearsCookie { reply.addCookie(clearedCookie(realm)) }
        let problem = Problem(
            .loginRequired, instance: requestIDText, loginURL: "\(realm.settings.endpoints)/login")
        setProblem(&reply, problem)
        respond(reply)
    }

    /// To the login page, and back here afterwards.
    func redirectToLogin(isStale: Bool = false) {
        guard let realm else { return }
        if showsLostCookie(realm) { return }
        var reply = Reply(status: 303)
        var location = Array("\(realm.settings.endpoints)/login\(isStale ? "?fresh=1" : "")".utf8)
        if let target = returnTarget() {
            location += Array("\(isStale ? "&" : "?")return_to=".utf8)
            location += Array(URLEncoding.encoded(String(decoding: target, as: UTF8.self)).utf8)
        }
        reply.add("Location", location)
        reply.add("Vary", "Cookie")
        if clearsCookie { reply.addCookie(clearedCookie(realm)) }
        respond(reply)
    }

    /// Path and query of this request, if they can be a return target.
    private func returnTarget() -> [UInt8]? {
        var target = withPath { Array($0) }
        if let query = head.query {
            target.append(UInt8(ascii: "?"))
            target += Array(bytes(query))
        }
        guard let realm, target.count <= 2048, target != [UInt8(ascii: "/")] else { return nil }
        let prefix = realm.endpoints
        return ReturnTarget.checked(target.span, prefix: prefix.span)
    }

    /// The origin could not serve.
    func refuseUpstream(_ fault: UpstreamFault) {
        dropUpstream()
        countUpstreamError(fault)
        if hasResponseStarted {
            abortClient()
            return
        }
        log.upstreamFault(self, fault)
        switch fault {
        case .connect, .closed, .malformed:
            end = .upstreamAbort
            refuse(502, .upstreamUnavailable, "The application did not give a usable answer.")
        case .connectTimeout, .responseTimeout:
            end = .upstreamTimeout
            refuse(504, .upstreamTimeout, "The application did not answer in time.")
        case .overloaded:
            end = .limit
            refuse(503, .overloaded, "The application is busy.", retryAfter: 1_000)
        case .noServer:
            refuse(
                503, .upstreamUnavailable, "The application is not available right now.", retryAfter: 1_000)
        }
    }

    /// A full queue is our own doing.
    func countUpstreamError(_ fault: UpstreamFault) {
        if case .overloaded = fault { return }
        worker.tally.count(.upstreamErrors)
        blameServer(fault)
        let label: UpstreamErrorLabel =
            switch fault {
            case .connect, .overloaded, .noServer: .connect
            case .connectTimeout, .responseTimeout: .timeout
            case .closed: .reset
            case .malformed: .protocol
            }
        fixedGroup?.use { $0.meter.errors.count(label) }
    }

    // MARK: Sending

    /// Sends an answer of ours. What is left of the request's body is dropped, or the connection closes.
    func respond(_ reply: Reply) {
        timer.disarm()
        if reply.status >= 500 { worker.tally.count(.ownFailures) }
        status = reply.status
        hasResponseStarted = true
        let mustClose =
            reply.closes || headLength == 0 || !head.keepsAlive || head.minorVersion == 0 || worker.isDraining
            || !isRequestBodyDone && !canDrainRequestBody
        closesAfterResponse = closesAfterResponse || mustClose
        let out = scratch
        out.removeAll()
        out.append(StatusLine.bytes(for: reply.status))
        out.append(reply.cookies)
        out.append(reply.lines)
        if let type = reply.contentType {
            out.append("Content-Type: ")
            out.append(type)
            out.append("\r\n")
        }
        if reply.status != 204 && reply.status != 304 {
            out.append("Content-Length: ")
            out.append(decimal: reply.body.count)
            out.append("\r\n")
        }
        let keeping: StaticString = reply.isKept ? "private, max-age=31536000, immutable" : "no-store"
        out.append("Cache-Control: ")
        out.append(keeping)
        out.append("\r\n")
        out.append("X-Content-Type-Options: nosniff\r\nDate: ")
        out.append(worker.dateText())
        out.append("\r\n")
        if let line = hstsLine { out.append(line.raw) }
        if let line = rules.requestIDLine {
            out.append(line.raw)
            writeRequestID(into: out)
            out.append("\r\n")
        }
        out.append(closesAfterResponse ? "Connection: close\r\n\r\n" : "\r\n")
        if head.method != .head {
            out.append(reply.body)
            responseBytes = reply.body.count
        }
        stream.write(out.readable)
        finishRequest()
    }

    // MARK: Parts

    func writeRequestID(into out: ByteBuffer) { withRequestID { out.append($0) } }

    /// Calls `body` with the request's id.
    func withRequestID(_ body: (UnsafeRawBufferPointer) -> Void) {
        if let givenRequestID {
            givenRequestID.withUnsafeBytes(body)
        } else {
            withUnsafeBytes(of: &requestID, body)
        }
    }

    var requestIDText: String {
        if let givenRequestID { return String(decoding: givenRequestID, as: UTF8.self) }
        var text: [UInt8] = []
        for index in requestID.indices { text.append(requestID[index]) }
        return String(decoding: text, as: UTF8.self)
    }

    /// What pages call the place: the host the client asked for.
    var siteTitle: String {
        guard headLength > 0 else { return "" }
        return String(decoding: bytes(head.host), as: UTF8.self)
    }

    var schemeText: StaticString { knownScheme == .https ? "https" : "http" }

    /// The host that the client used: a trusted proxy's word, else its own Host.
    var forwardedHost: UnsafeRawBufferPointer {
        if connection.peer.isTrusted, let value = field(.xForwardedHost), !value.isEmpty { return value }
        return bytes(head.host)
    }

    func clearedCookie(_ realm: Realm) -> [UInt8] {
        realm.cookieName + Array("=; Max-Age=0".utf8) + realm.cookieAttributes
    }

    func writeClearedCookie(into out: ByteBuffer) {
        guard let realm else { return }
        out.append("Set-Cookie: ")
        out.append(clearedCookie(realm))
        out.append("\r\n")
    }
}
