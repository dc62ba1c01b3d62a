/// One session in a list of a user's own.
public struct ListedSessionAnswer: Sendable, Equatable {
    /// Its public handle, by which it is ended.
    public var id: String
    /// The session of the request that asked.
    public var isCurrent: Bool
    /// Seconds since 1970.
    public var created: Int
    /// Seconds since 1970.
    public var lastSeen: Int
    /// The client's address at login.
    public var address: String
    /// The client's user agent at login.
    public var agent: String
    /// The session outlives the browser.
    public var remember: Bool

    /// A session in a list.
    public init(
        id: String, isCurrent: Bool, created: Int, lastSeen: Int, address: String, agent: String,
        remember: Bool
    ) {
        self.id = id
        self.isCurrent = isCurrent
        self.created = created
        self.lastSeen = lastSeen
        self.address = address
        self.agent = agent
        self.remember = remember
    }
}

/// The JSON answer to `GET /_auth/sessions`.
public struct SessionListAnswer: Sendable, Equatable {
    /// In the order they are listed.
    public var sessions: [ListedSessionAnswer]

    /// An answer that lists `sessions`.
    public init(sessions: [ListedSessionAnswer]) { self.sessions = sessions }

    /// The answer's body.
    public func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.object { object in
            object.key("sessions")
            object.array { list in
                for session in sessions { list.object { Self.members(session, &$0) } }
            }
        }
        return writer.bytes
    }

    private static func members(_ session: ListedSessionAnswer, _ object: inout JSONWriter) {
        object.key("id")
        object.string(session.id)
        object.key("current")
        object.boolean(session.isCurrent)
        object.key("created")
        object.string(Timestamp.rfc3339(seconds: session.created))
        object.key("last_seen")
        object.string(Timestamp.rfc3339(seconds: session.lastSeen))
        object.key("address")
        object.string(session.address)
        object.key("agent")
        object.string(session.agent)
        object.key("remember")
        object.boolean(session.remember)
    }
}
