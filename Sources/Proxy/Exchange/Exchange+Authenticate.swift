import Access
import GatewayConfig
import HTTP1
import HTTPCore
import Operations
import Secrets
import Sessions

/// Who asks, copied out of the session's record so that it outlives the store's reply.
struct Identity {
    /// The record's bytes; the view's ranges count from the first.
    private(set) var record: [UInt8] = []
    private(set) var view = SessionView()
    private(set) var hash = SessionHash()
    /// Whether somebody is logged in.
    private(set) var isPresent = false

    mutating func set(_ bytes: UnsafeRawBufferPointer, _ view: SessionView, _ hash: SessionHash) {
        record.removeAll(keepingCapacity: true)
        record.append(contentsOf: bytes)
        self.view = view
        self.hash = hash
        isPresent = true
    }

    mutating func clear() { isPresent = false }

    /// The same session goes on under another name.
    mutating func rename(_ hash: SessionHash) { self.hash = hash }

    var userID: [UInt8] { record.withUnsafeBytes { Array(view.userID.bytes(in: $0)) } }
    var handle: [UInt8] { record.withUnsafeBytes { Array(view.handle.bytes(in: $0)) } }
    var name: [UInt8] { record.withUnsafeBytes { view.decodedName(in: $0) } }

    var roles: [[UInt8]] {
        var roles: [[UInt8]] = []
        record.withUnsafeBytes { bytes in view.forEachRole(in: bytes) { roles.append(Array($0)) } }
        return roles
    }
}

/// What the session check said; the access log's `auth`.
enum SessionResult: String {
    case none = "none"
    case ok = "ok"
    case badSignature = "bad_signature"
    case absent = "absent"
    case unavailable = "unavailable"
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
        case .none: decide()
        case .duplicate:
            clearsCookie = true
            decide()
        case .invalid:
            sessionResult = .badSignature
            decide()
        case .valid(let hash):
            phase = .authenticating
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

    /// The ticket in the realm's cookie.
    func findTicket(_ realm: Realm) -> FoundTicket {
        guard head.cookieLineCount > 0 else { return .none }
        let raw = headBytes.bindMemory(to: UInt8.self)
        let found = CookieScanner.find(realm.cookieName, in: head.fields, raw.span)
        if found.count == 0 { return .none }
        if found.count > 1 { return .duplicate }
        var hash = SessionHash()
        let isValid = realm.tickets.verify(bytes(found.value), into: &hash)
        return isValid ? .valid(hash) : .invalid
    }
}

extension Exchange: SessionReceiver {
    /// The store's answer. One for an earlier request is dropped.
    func sessionChecked(_ token: UInt64, _ answer: borrowing SessionLookup) {
        worker.tally.count(.sessionChecks)
        guard token == epoch, isRunning else { return }
        switch answer {
        case .found(let bytes, let view, let hash):
            sessionResult = .ok
            identity.set(bytes, view, hash)
            // Our own endpoints never extend a session (decision 11).
            if endpoint == nil { fixedRealm?.use { $0.sessions.touch(hash, view, in: bytes) } }
        case .absent: sessionResult = .absent
        case .unavailable:
            worker.tally.count(.sessionsUnavailable)
            sessionResult = .unavailable
        }
        if let endpoint {
            endpoint.afterSession(self)
            return
        }
        if sessionResult == .unavailable {
            refuseUnavailableStore()
            return
        }
        decide()
    }
}
