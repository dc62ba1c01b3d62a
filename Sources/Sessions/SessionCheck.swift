internal import Glibc

/// What a value from Redis says about a session.
public enum SessionCheck: Sendable, Equatable {
    /// The session is good.
    case found
    /// There is no such session any more: its own end has passed.
    case absent
    /// Nobody can tell: the value is not a record that we could have written for this place.
    case unavailable(Reason)
    /// A good record of another session. Replies are out of step: nothing that comes over this connection can be
    /// trusted.
    case mismatch

    /// Why a value is no use.
    public enum Reason: Sendable, Equatable {
        /// Not JSON, another version, fields missing, repeated or of the wrong type.
        case undecodable
        /// Over `SessionRecord.maximumCount` bytes.
        case tooLong
        /// A record of another realm.
        case foreignRealm
        /// A record like ours of a user whose id is not 1 to 128 of `[A-Za-z0-9_.:@-]`: somebody else has written it.
        case userID
    }
}

extension SessionCheck {
    /// Checks the `record` that was asked for under `hash` in `realm`, at `now` (milliseconds since 1970). `view` is
    /// filled if the session is found; it is worthless otherwise. Allocates nothing.
    public static func decodeIdentity(
        _ record: UnsafeRawBufferPointer, expecting hash: SessionHash, realm: [UInt8], now: Int64,
        into view: inout SessionView
    ) -> SessionCheck {
        guard record.count <= SessionRecord.maximumCount else { return .unavailable(.tooLong) }
        let span = record.bindMemory(to: UInt8.self).span
        var fields = RecordFields()
        guard fields.scan(span) else { return .unavailable(.undecodable) }
        guard hash.withUnsafeBytes({ equal(fields.hash.bytes(in: record), $0) }) else { return .mismatch }
        guard realm.withUnsafeBytes({ equal(fields.realm.bytes(in: record), $0) }) else {
            return .unavailable(.foreignRealm)
        }
        guard !fields.hasUnusableUserID else { return .unavailable(.userID) }
        view = fields.view
        return isAlive(view, now: now) ? .found : .absent
    }

    /// Whether the record's own end, and the end of its grace, are still to come.
    static func isAlive(_ view: SessionView, now: Int64) -> Bool {
        now < view.absoluteEnd && view.graceEnd.map { now < $0 } ?? true
    }

    private static func equal(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
        guard left.count == right.count else { return false }
        guard let a = left.baseAddress, let b = right.baseAddress else { return true }
        return memcmp(a, b, left.count) == 0
    }
}
