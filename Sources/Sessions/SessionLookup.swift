public import Redis

/// Whether there is a session.
public enum SessionLookup {
    /// There is: its record, what is where in it, and its name. The bytes are good inside the call that brings them.
    case found(UnsafeRawBufferPointer, SessionView, SessionHash)
    /// There is none.
    case absent
    /// There is one still, but its own end, or that of its grace, has passed.
    case expired
    /// Nobody can tell at the moment. This lets nobody in and logs nobody out.
    case unavailable(SessionOutage)
}

/// Why nobody can tell.
public enum SessionOutage: Error, Sendable, Equatable {
    /// Redis did not answer.
    case redis(RedisOutage)
    /// Redis refused the command.
    case refused
    /// What is in the session's place is no record of ours.
    case badRecord(SessionCheck.Reason)
    /// The answer was to another question. The connection has been cut.
    case outOfStep
}

/// Told what a lookup found. `token` is what the caller gave with it.
public protocol SessionReceiver: AnyObject {
    /// The view of `record`, if the receiver has had exactly these bytes before as the good record of `hash`, from the
    /// same store: then they need not be read anew. nil = not known.
    func knownView(of record: UnsafeRawBufferPointer, _ hash: SessionHash) -> SessionView?

    /// The lookup under `token` ended. Comes once for each, on the loop, never inside the call of `lookup`.
    func sessionChecked(_ token: UInt64, _ answer: borrowing SessionLookup)
}

extension SessionReceiver {
    /// Nothing is known.
    public func knownView(of record: UnsafeRawBufferPointer, _ hash: SessionHash) -> SessionView? { nil }
}

/// What came of making a session.
public enum SessionCreation: Sendable, Equatable {
    /// It is there; so many older ones of the same user had to make room.
    case created(evicted: Int)
    /// The user has as many sessions as there may be.
    case limitReached
    /// It may or may not be there; nobody may be told that it is.
    case unavailable(SessionOutage)
}
