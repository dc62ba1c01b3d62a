/// What is said on a new connection before any call: who we are, which database, and whether anybody serves there.
struct Greeting {
    enum Step {
        case goOn
        case done
        /// The server does not take us; `wantsSecret`: another password might help.
        case refused(String, wantsSecret: Bool)
    }
    private enum Part { case auth, select, ping }

    /// What to send, in order.
    private(set) var commands: [RedisCommand] = []
    private var parts: [Part] = []
    private var answered = 0

    init() {}

    init(user: [UInt8]?, secret: [UInt8]?, database: Int) {
        if user != nil || secret != nil {
            add(.auth, RedisCommand("AUTH", (user.map { [$0] } ?? []) + [secret ?? []]))
        }
        if database != 0 { add(.select, RedisCommand("SELECT", [[UInt8]("\(database)".utf8)])) }
        // A server that loads its data, or wants a password and got none, says so here and not to a request.
        add(.ping, RedisCommand("PING"))
    }

    private mutating func add(_ part: Part, _ command: RedisCommand) {
        parts.append(part)
        commands.append(command)
    }

    /// Takes the reply to the next command.
    mutating func take(_ reply: RedisReply) -> Step {
        guard answered < parts.count else {
            return .refused("a reply that nobody asked for", wantsSecret: false)
        }
        let part = parts[answered]
        answered += 1
        let goodStep = answered == parts.count ? Step.done : .goOn
        switch reply {
        case .status: return goodStep
        case .error(let text):
            let text = String(decoding: text, as: UTF8.self)
            if let refusal = RedisRefusal(reply) { return .refused(text, wantsSecret: refusal.wantsSecret) }
            // A user who may not ping may still read.
            if part == .ping, text.hasPrefix("NOPERM") { return goodStep }
            return .refused(text, wantsSecret: part == .auth)
        default: return .refused("something that is no answer to a greeting", wantsSecret: false)
        }
    }
}

/// An error that speaks of the server's state, not of the command: no other call would fare better.
struct RedisRefusal {
    /// What the server said.
    let text: String
    /// Whether another password might help.
    let wantsSecret: Bool
    let kind: RedisStatistics.Refusal

    init?(_ reply: RedisReply) {
        guard case .error(let bytes) = reply else { return nil }
        text = String(decoding: bytes, as: UTF8.self)
        switch text.prefix(while: { $0 != " " }) {
        case "NOAUTH", "WRONGPASS": (wantsSecret, kind) = (true, .auth)
        case "READONLY": (wantsSecret, kind) = (false, .readonly)
        case "LOADING": (wantsSecret, kind) = (false, .loading)
        case "MASTERDOWN": (wantsSecret, kind) = (false, .other)
        default: return nil
        }
    }
}
