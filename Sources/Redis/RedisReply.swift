/// One reply of the server. Its bytes belong to the connection and are good inside the call that hands it over only.
public enum RedisReply {
    /// There is no such thing.
    case null
    /// A number.
    case integer(Int64)
    /// A value.
    case bulk(UnsafeRawBufferPointer)
    /// A word such as `OK`.
    case status(UnsafeRawBufferPointer)
    /// A refusal; begins with its kind in capitals, such as `ERR` or `WRONGTYPE`.
    case error(UnsafeRawBufferPointer)
    /// Several replies.
    case array([RedisReply])
}

/// How a call ended.
public enum RedisOutcome {
    /// The server's reply.
    case reply(RedisReply)
    /// There is no reply, and none will come. Whether the server did what it was told is unknown.
    case unavailable(RedisOutage)
}

/// Why a call got no reply.
public enum RedisOutage: Error, Sendable, Equatable {
    /// There is no connection, or it was lost.
    case disconnected
    /// No reply in time.
    case timedOut
    /// Too many calls wait already.
    case overloaded
    /// The server is not fit to serve: it loads its data, may not write, lost its master, or wants a password.
    case refused
    /// The server broke the protocol, or its replies went out of step with our calls.
    case outOfStep
}

/// Told how calls ended. `token` is what the caller gave with the call.
public protocol RedisReceiver: AnyObject {
    /// The call under `token` ended. Comes once for each accepted call, on the loop, never inside the call itself.
    func redisCompleted(_ token: UInt64, _ outcome: RedisOutcome)
}
