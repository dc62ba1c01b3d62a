internal import Redis
internal import Transport

/// What came of a rotation.
public enum SessionRotation: Sendable, Equatable {
    /// The session goes by its new name.
    case rotated
    /// It has been rotated before, a short while ago: whoever asked holds the old ticket, and another answer has
    /// brought or will bring the client the new one.
    case alreadyRotated
    /// There is no such session any more.
    case absent
    /// Nobody can tell.
    case unavailable(SessionOutage)
}

/// What becomes of the ticket that a rotation replaces.
public enum RotationKind: Sendable {
    /// It answers for `SessionStore.grace` more, for requests that are on their way.
    case graceful
    /// It ends at once, and so does every other session of the user: the password has changed.
    case endingOthers
}

extension SessionStore {
    /// Milliseconds for which the old ticket of a rotated session still answers.
    public static let grace: Int64 = 10_000

    /// Stores the session called `old`, which `view` describes, under the name `new` and resets its idle limit.
    /// Never brings back a session that has ended, and never moves its absolute end. `completion` is called once,
    /// never within this call.
    public func rotate(
        _ old: SessionHash, to new: SessionHash, _ view: SessionView, userID: [UInt8], _ kind: RotationKind,
        completion: @escaping (SessionRotation) -> Void
    ) {
        let now = loop.wallNow
        let grace = kind == .graceful ? Self.grace : 0
        let command = commands.rotate(
            old, to: new, userID: userID, life: view.timeToLive(now: now), now: now, grace: grace)
        let link = link(of: old)
        link.call(command) { [self] outcome in
            switch count(outcome, link) {
            case .success(1):
                noteCreated(new)
                completion(.rotated)
            case .success(0): completion(.alreadyRotated)
            case .success: completion(.absent)
            case .failure(let outage): completion(.unavailable(outage))
            }
        }
    }
}
