/// The JSON answer to a login and to "who am I".
public struct SessionAnswer: Sendable, Equatable {
    /// Opaque user id.
    public var userID: String
    /// Login name.
    public var name: String
    /// Roles the session carries.
    public var roles: [String]
    /// Realm's name.
    public var realm: String
    /// Seconds since 1970.
    public var created: Int
    /// Seconds since 1970; nil: the session has no idle limit.
    public var idleExpires: Int?
    /// Seconds since 1970.
    public var absoluteExpires: Int
    /// The session outlives the browser.
    public var remember: Bool

    /// An answer about one session.
    public init(
        userID: String, name: String, roles: [String], realm: String, created: Int, idleExpires: Int?,
        absoluteExpires: Int, remember: Bool
    ) {
        self.userID = userID
        self.name = name
        self.roles = roles
        self.realm = realm
        self.created = created
        self.idleExpires = idleExpires
        self.absoluteExpires = absoluteExpires
        self.remember = remember
    }

    /// Body of the answer to login and registration.
    public func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.object { members(&$0) }
        return writer.bytes
    }

    /// Body of the answer to a client that carries `token` itself; it ends in `expiresIn` seconds at the latest.
    public func json(token: [UInt8], expiresIn: Int) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { object in
            object.key("access_token")
            object.string(token.span)
            object.key("token_type")
            object.string("Bearer")
            object.key("expires_in")
            object.integer(expiresIn)
            members(&object)
        }
        return writer.bytes
    }

    /// Body of `GET /_auth/session` with a live session.
    public func whoami() -> [UInt8] {
        var writer = JSONWriter()
        writer.object { object in
            object.key("authenticated")
            object.boolean(true)
            members(&object)
        }
        return writer.bytes
    }

    /// Body of `GET /_auth/session` without one.
    public static let anonymous: [UInt8] = Array(#"{"authenticated":false}"#.utf8)

    private func members(_ object: inout JSONWriter) {
        object.key("user")
        object.object { user in
            user.key("id")
            user.string(userID)
            user.key("name")
            user.string(name)
            user.key("roles")
            user.array { list in
                for role in roles { list.string(role) }
            }
        }
        object.key("realm")
        object.string(realm)
        object.key("session")
        object.object { session in
            session.key("created")
            session.string(Timestamp.rfc3339(seconds: created))
            session.key("idle_expires")
            if let idleExpires {
                session.string(Timestamp.rfc3339(seconds: idleExpires))
            } else {
                session.null()
            }
            session.key("absolute_expires")
            session.string(Timestamp.rfc3339(seconds: absoluteExpires))
            session.key("remember")
            session.boolean(remember)
        }
    }
}
