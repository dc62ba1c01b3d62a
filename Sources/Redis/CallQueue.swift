internal import Transport

/// A call whose reply has not come.
struct Call {
    let receiver: any RedisReceiver
    let token: UInt64
    /// Monotonic milliseconds.
    let deadline: Int64
    /// Bytes of the command's copy; 0 if it may not be sent again.
    let copyCount: Int
    /// What it is to the statistics, and when it was sent; monotonic microseconds.
    let kind: RedisCommandKind
    let sentAt: Int64
    /// Its caller has been told that time is up; the reply, when it comes, is dropped.
    var isExpired = false
}

/// The calls of a connection in the order they were sent, which is the order their replies come in.
///
/// All calls have the same time, so they expire in order too: those at the front have, the others have not.
struct CallQueue {
    private var calls = Ring<Call>()
    private var expiredCount = 0
    /// Copies of the commands that may be sent again, in order.
    private let copies = ByteBuffer(capacity: 4 << 10)

    /// Calls that wait for a reply, expired ones counted.
    var count: Int { calls.count }
    /// Whether no reply is to come.
    var isEmpty: Bool { calls.isEmpty }
    /// The deadline of the next call to expire.
    var nextDeadline: Int64? { calls[expiredCount]?.deadline }

    /// Appends a call of the command `bytes`.
    mutating func append(
        _ receiver: any RedisReceiver, _ token: UInt64, deadline: Int64, bytes: UnsafeRawBufferPointer,
        maySendAgain: Bool, kind: RedisCommandKind, sentAt: Int64
    ) {
        if maySendAgain { copies.append(bytes) }
        let copyCount = maySendAgain ? bytes.count : 0
        calls.append(
            Call(
                receiver: receiver, token: token, deadline: deadline, copyCount: copyCount, kind: kind,
                sentAt: sentAt))
    }

    /// Takes out the call whose reply has come.
    mutating func popFirst() -> Call? {
        guard let call = calls.popFirst() else { return nil }
        if call.isExpired { expiredCount -= 1 }
        copies.consume(call.copyCount)
        return call
    }

    /// The next call that is due at `now`. It stays, marked, until its reply has come.
    mutating func expireNext(now: Int64) -> Call? {
        guard var call = calls[expiredCount], call.deadline <= now else { return nil }
        call.isExpired = true
        calls[expiredCount] = call
        expiredCount += 1
        return call
    }

    /// Takes everything out, each call with the copy of its command.
    mutating func drain() -> [(call: Call, copy: [UInt8])] {
        var drained: [(call: Call, copy: [UInt8])] = []
        while let call = calls[0] {
            let copy = [UInt8](UnsafeRawBufferPointer(rebasing: copies.readable[..<call.copyCount]))
            drained.append((call, copy))
            _ = popFirst()
        }
        return drained
    }
}
