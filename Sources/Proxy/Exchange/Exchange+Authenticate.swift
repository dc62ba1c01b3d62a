import Access
import GatewayConfig
import Glibc
import HTTP1
import HTTPCore
import Operations
import Secrets
import Sessions
import Transport

/// Who asks, copied out of the session's record so that it outlives the store's reply.
final class Identity {
    /// The record's bytes; the view's ranges count from the first. They stay after the request: the next one of the
    /// connection mostly gets the same.
    let record = ByteBuffer(capacity: 384)
    private(set) var view = SessionView()
    private(set) var hash = SessionHash()
    /// What the session was called when the record came.
    private var recordHash = SessionHash()
    /// Whether somebody is logged in.
    private(set) var isPresent = false

    func set(_ bytes: UnsafeRawBufferPointer, _ view: SessionView, _ hash: SessionHash) {
        record.removeAll()
        record.append(bytes)
        self.view = view
        self.hash = hash
        recordHash = hash
        isPresent = true
    }

    func clear() { isPresent = false }

    /// The same session goes on under another name.
    func rename(_ hash: SessionHash) { self.hash = hash }

    /// The view of `bytes`, if they are the record that this had last, under the same name.
    func view(of bytes: UnsafeRawBufferPointer, _ hash: SessionHash) -> SessionView? {
        guard hash == recordHash, bytes.count == record.count, let base = bytes.baseAddress,
            let known = record.readable.baseAddress, memcmp(base, known, bytes.count) == 0
        else { return nil }
        return view
    }

    var userID: [UInt8] { Array(view.userID.bytes(in: record.readable)) }
    var handle: [UInt8] { Array(view.handle.bytes(in: record.readable)) }
    var name: [UInt8] { view.decodedName(in: record.readable) }

    var roles: [[UInt8]] {
        var roles: [[UInt8]] = []
        view.forEachRole(in: record.readable) { roles.append(Array($0)) }
        return roles
    }
}

/// What the session check said; the access log's `auth`.
enum SessionResult {
    case none, ok, badSignature, absent, expired, wrongRealm, unavailable, grace

    var word: StaticString {
        switch self {
        case .none: "none"
        case .ok: "ok"
        case .badSignature: "bad_signature"
        case .absent: "absent"
        case .expired: "expired"
        case .wrongRealm: "wrong_realm"
        case .grace: "grace"
        case .unavailable: "unavailable"
        }
    }

    var label: SessionCheckLabel {
        switch self {
        case .none: .none
        case .ok: .ok
        case .badSignature: .badSignature
        case .absent: .absent
        case .expired: .expired
        case .wrongRealm: .wrongRealm
        case .grace: .grace
        case .unavailable: .unavailable
        }
    }
}

extension Exchange {
    /// Finds the ticket, checks its signature in memory, then asks Redis. Public routes never ask.
    func authenticate() {
        guard let fixedRoute, let fixedRealm, fixedRoute.use({ needsSession($0) }) else {
            decide()
            return
        }
        fixedRealm.use { authenticate(in: $0) }
    }

    private func authenticate(in realm: Realm) {
        switch findTicket(realm) {
        case .none:
            realm.meter.checks.count(SessionCheckLabel.none)
            decide()
        case .duplicate:
            realm.meter.checks.count(SessionCheckLabel.none)
            clearsCookie = true
            decide()
        case .invalid:
            sessionResult = isOfAnotherRealm(realm) ? .wrongRealm : .badSignature
            realm.meter.checks.count(sessionResult.label)
            decide()
        case .valid(let hash):
            phase = .authenticating
            times.askedForSession = worker.loop.nowMicroseconds
            realm.sessions.lookup(hash, receiver: self, token: epoch)
        }
    }

    private func needsSession(_ route: CompiledRoute) -> Bool {
        let mayBePreflight = head.method == .options
        return route.access.withoutSession(isPreflight: mayBePreflight && requestFacts().isPreflight) == nil
    }

    enum FoundTicket {
        case none
        /// The cookie is there twice: no session, whatever the values (decision 14 of the security notes).
        case duplicate
        case invalid
        case valid(SessionHash)
    }

    /// The ticket in the realm's cookie, or before that as a bearer token.
    func findTicket(_ realm: Realm) -> FoundTicket {
        if realm.takesBearer, head.mayHave(.authorization), let found = findBearer(realm) { return found }
        guard head.cookieLineCount > 0 else { return .none }
        if head.cookieLineCount == 1 { return findTicket(inOnly: bytes(head.cookieLine), realm) }
        return findCookie(realm)
    }

    private func findTicket(inOnly line: UnsafeRawBufferPointer, _ realm: Realm) -> FoundTicket {
        if let hash = ticketMemo.session(in: line, of: .cookie, realm: realm.index) { return .valid(hash) }
        let found = findCookie(realm)
        if case .valid(let hash) = found {
            ticketMemo.note(line, of: .cookie, realm: realm.index, hash: hash)
        }
        return found
    }

    private func findCookie(_ realm: Realm) -> FoundTicket {
        let raw = headBytes.bindMemory(to: UInt8.self)
        let found = CookieScanner.find(realm.cookieName, in: head.fields, raw.span)
        if found.count == 0 { return .none }
        if found.count > 1 { return .duplicate }
        var hash = SessionHash()
        return realm.tickets.verify(bytes(found.value), into: &hash) ? .valid(hash) : .invalid
    }

    /// Whether the ticket that is none of `realm`'s is good in another realm. Only for the log and the metrics.
    private func isOfAnotherRealm(_ realm: Realm) -> Bool {
        guard worker.realms.count > 1, let ticket = presentedTicket(realm) else { return false }
        var hash = SessionHash()
        return worker.realms.contains { $0 !== realm && $0.tickets.verify(ticket, into: &hash) }
    }

    private func presentedTicket(_ realm: Realm) -> UnsafeRawBufferPointer? {
        if usesBearer {
            let values = head.fields.lazy.filter { $0.id == .authorization }.map { self.bytes($0.value) }
            return values.compactMap { BearerToken.ticket(in: $0) }.first
        }
        let raw = headBytes.bindMemory(to: UInt8.self)
        let found = CookieScanner.find(realm.cookieName, in: head.fields, raw.span)
        return found.count == 1 ? bytes(found.value) : nil
    }

    /// Checks the ticket of a bearer token.
    func verified(bearer ticket: UnsafeRawBufferPointer, _ realm: Realm) -> FoundTicket {
        if let hash = ticketMemo.session(in: ticket, of: .bearer, realm: realm.index) { return .valid(hash) }
        var hash = SessionHash()
        guard realm.tickets.verify(ticket, into: &hash) else { return .invalid }
        ticketMemo.note(ticket, of: .bearer, realm: realm.index, hash: hash)
        return .valid(hash)
    }
}

extension Exchange: SessionReceiver {
    func knownView(of record: UnsafeRawBufferPointer, _ hash: SessionHash) -> SessionView? {
        identity.view(of: record, hash)
    }

    /// The store's answer. One for an earlier request is dropped.
    func sessionChecked(_ token: UInt64, _ answer: borrowing SessionLookup) {
        worker.tally.count(.sessionChecks)
        guard token == epoch, isRunning else { return }
        if times.askedForSession > 0 {
            times.auth = worker.loop.nowMicroseconds - times.askedForSession
            worker.meters.sessionCheck.observe(times.auth)
        }
        switch answer {
        case .found(let bytes, let view, let hash):
            sessionResult = view.graceEnd == nil ? .ok : .grace
            identity.set(bytes, view, hash)
            // Our own endpoints never extend a session (decision 11), but for the one that stands for a request.
            if endpoint == nil || endpoint?.kind == .verify {
                fixedRealm?.use { $0.sessions.touch(hash, view, in: bytes) }
            }
        case .absent: sessionResult = .absent
        case .expired: sessionResult = .expired
        case .unavailable(let outage):
            worker.tally.count(.sessionsUnavailable)
            sessionResult = .unavailable
            hasUnusableRecord = outage == .badRecord(.userID)
        }
        fixedRealm?.use { $0.meter.checks.count(sessionResult.label) }
        if let endpoint {
            endpoint.afterSession(self)
            return
        }
        if sessionResult == .unavailable {
            fixedRoute?.use { $0.meter.decisions.count(DecisionLabel.unavailable) }
            refuseUnavailableStore()
            return
        }
        decide()
    }
}
