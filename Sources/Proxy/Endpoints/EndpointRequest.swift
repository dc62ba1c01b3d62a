import HTTP1
import HTTPCore

/// A request for a page or an answer of ours.
final class EndpointRequest {
    enum Kind {
        case login, register, logout, session, sessions, password, token, account, verify, logo, icon

        /// Methods it takes, as `Allow` lists them.
        var allow: StaticString {
            switch self {
            case .login, .register, .logout, .session, .password, .account: "GET, HEAD, POST"
            case .sessions: "GET, HEAD, DELETE"
            case .token: "POST"
            case .verify, .logo, .icon: "GET, HEAD"
            }
        }

        func takes(_ method: Method) -> Bool {
            switch method {
            case .get, .head: self != .token
            case .post: self != .sessions && self != .verify && self != .logo && self != .icon
            case .delete: self == .sessions
            default: false
            }
        }

        /// Whether a request that changes something may come without a body.
        var takesEmptyBody: Bool {
            switch self {
            case .logout, .session, .sessions: true
            default: false
            }
        }
    }

    let kind: Kind
    let realm: Realm
    /// The handle that a path below `sessions` names.
    var handle: [UInt8]?
    /// What the request wants to be done once the session is known.
    var next: Step = .none
    /// A failed login waits in here for the moment at which every failure is told (decision 19).
    var delayedReply: Reply?
    /// What kind of body it is.
    var isForm = false
    /// The request that `verify` is asked about, where it is named.
    var verified: Verified?

    struct Verified {
        let route: CompiledRoute
        let method: [UInt8]
    }

    enum Step {
        case none
        /// Answer `GET session`.
        case whoami(strict: Bool)
        /// End the session, then answer.
        case logout(everywhere: Bool)
        /// Show the login page to whoever is logged in already, but not freshly enough.
        case relogin(target: [UInt8]?)
        /// Answer `GET verify`.
        case verify
        /// What only somebody who is logged in may do.
        case required((Exchange) -> Void)
    }

    init(kind: Kind, realm: Realm) {
        self.kind = kind
        self.realm = realm
    }

    /// The endpoint that a path behind the prefix names; nil: there is none.
    convenience init?(path: [UInt8], realm: Realm) {
        if let kind = Self.kind(path) {
            self.init(kind: kind, realm: realm)
            return
        }
        guard path.starts(with: Self.below), path.count > Self.below.count else { return nil }
        let handle = path.dropFirst(Self.below.count)
        guard !handle.contains(UInt8(ascii: "/")) else { return nil }
        self.init(kind: .sessions, realm: realm)
        self.handle = Array(handle)
    }

    private static let below = Array("/sessions/".utf8)
    private static let names: [(name: [UInt8], kind: Kind)] = [
        (Array("/login".utf8), .login), (Array("/register".utf8), .register),
        (Array("/logout".utf8), .logout), (Array("/session".utf8), .session),
        (Array("/sessions".utf8), .sessions), (Array("/password".utf8), .password),
        (Array("/token".utf8), .token), (Array("/account".utf8), .account), (Array("/verify".utf8), .verify),
        (Array("/logo".utf8), .logo), (Array("/icon".utf8), .icon),
    ]

    private static func kind(_ path: [UInt8]) -> Kind? { names.first { $0.name == path }?.kind }

    func takes(_ method: Method) -> Bool {
        handle == nil ? kind.takes(method) : method == .delete
    }

    var allow: StaticString { handle == nil ? kind.allow : "DELETE" }

    func afterSession(_ exchange: Exchange) {
        switch next {
        case .none: break
        case .whoami(let strict): exchange.answerWhoami(strict: strict)
        case .logout(let everywhere): exchange.endSession(everywhere: everywhere)
        case .relogin(let target): exchange.showRelogin(target: target)
        case .verify: exchange.answerVerify()
        case .required(let run): exchange.runWithSession(run)
        }
    }

    func onDeadline(_ exchange: Exchange) {
        guard let reply = delayedReply else { return }
        delayedReply = nil
        exchange.respond(reply)
    }
}
