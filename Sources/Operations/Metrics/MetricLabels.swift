/// A closed list of label values. The number is the place in the list.
public protocol MetricLabel: CaseIterable, RawRepresentable<Int>, Sendable {
    /// As it is shown.
    var label: String { get }
}

/// Methods; what has no name here is one.
public enum MethodLabel: Int, MetricLabel {
    case get, head, post, put, delete, options, patch, connect, trace, other

    /// As it is shown.
    public var label: String { "\(self)".uppercased() }
}

/// Why a connection was closed before its first request.
public enum RejectionLabel: Int, MetricLabel {
    case limit, perAddress, tls, proxyProtocol, drain

    /// As it is shown.
    public var label: String {
        switch self {
        case .limit: "limit"
        case .perAddress: "per_ip"
        case .tls: "tls"
        case .proxyProtocol: "proxy_protocol"
        case .drain: "drain"
        }
    }
}

/// What was wrong with a request that was refused before anybody looked who asks.
public enum BadRequestLabel: Int, MetricLabel {
    case header, framing, host, path, target, tooLarge, timeout

    /// As it is shown.
    public var label: String { self == .tooLarge ? "too_large" : "\(self)" }
}

/// What the check of a session said.
public enum SessionCheckLabel: Int, MetricLabel {
    case ok, none, badSignature, absent, expired, wrongRealm, unavailable, grace

    /// As it is shown.
    public var label: String {
        switch self {
        case .badSignature: "bad_signature"
        case .wrongRealm: "wrong_realm"
        default: "\(self)"
        }
    }
}

/// What was decided about a request.
public enum DecisionLabel: Int, MetricLabel {
    case allow, login, unauthorized, forbidden, throttled, unavailable, csrf, origin

    /// As it is shown.
    public var label: String {
        switch self {
        case .allow: "allow"
        case .login: "login_redirect"
        case .unauthorized: "401"
        case .forbidden: "403"
        case .throttled: "429"
        case .unavailable: "503"
        case .csrf: "csrf"
        case .origin: "origin"
        }
    }
}

/// What became of a login or a registration.
public enum LoginLabel: Int, MetricLabel {
    case ok, badCredentials, throttled, disabled, storeError, refused

    /// As it is shown.
    public var label: String {
        switch self {
        case .badCredentials: "bad_credentials"
        case .storeError: "store_error"
        default: "\(self)"
        }
    }
}

/// Why a session ended.
public enum SessionEndLabel: Int, MetricLabel {
    case logout, expired, evicted, revoked, password, userDisabled

    /// As it is shown.
    public var label: String { self == .userDisabled ? "user_disabled" : "\(self)" }
}

/// Commands of Redis that are told apart.
public enum RedisCommandLabel: Int, MetricLabel {
    case get, eval, other

    /// As it is shown.
    public var label: String { "\(self)" }
}

/// What went wrong with Redis.
public enum RedisErrorLabel: Int, MetricLabel {
    case timeout, closed, auth, loading, readonly, moved, `protocol`, mismatch, other

    /// As it is shown.
    public var label: String { "\(self)" }
}

/// Why a try at an upstream server failed.
public enum UpstreamErrorLabel: Int, MetricLabel {
    case connect, timeout, reset, `protocol`, truncated

    /// As it is shown.
    public var label: String { "\(self)" }
}

/// What a connection to an upstream server does.
public enum ConnectionStateLabel: Int, MetricLabel {
    case active, idle

    /// As it is shown.
    public var label: String { "\(self)" }
}

/// Why a WebSocket ended.
public enum WebSocketEndLabel: Int, MetricLabel {
    case client, upstream, revoked, expired, idle, drain, limit

    /// As it is shown.
    public var label: String { "\(self)" }
}

/// Whose requests a limit counts.
public enum LimitScopeLabel: Int, MetricLabel {
    case address, user, session

    /// As it is shown.
    public var label: String { self == .address ? "ip" : "\(self)" }
}

/// How a password was hashed.
public enum HashLabel: Int, MetricLabel {
    case argon2id, bcrypt, other

    /// As it is shown.
    public var label: String { "\(self)" }
}

/// How a reload ended.
public enum ReloadLabel: Int, MetricLabel {
    case success, rejected, failed

    /// As it is shown.
    public var label: String { "\(self)" }
}

/// Status codes as they are counted: each that is registered (and 499, a client that left) for itself, the others by
/// their class.
public enum StatusLabel {
    static let codes: [Int] =
        Array(100...103) + Array(200...208) + [226] + Array(300...308) + Array(400...418) + Array(421...426)
        + [428, 429, 431, 451, 499] + Array(500...508) + [510, 511]

    /// One for each code, and one for each class.
    static let labels: [String] = codes.map { "\($0)" } + (1...5).map { "\($0)xx" }

    /// Labels of a code.
    public static let count = 69

    /// The place of `status` among the labels; what is no status is a 5xx.
    public static func place(_ status: Int) -> Int { Int(places[100...599 ~= status ? status - 100 : 499]) }

    /// The place of each status from 100 to 599 among the labels. It lives as long as the process.
    nonisolated(unsafe) public static let places: UnsafePointer<UInt8> = {
        let places = UnsafeMutablePointer<UInt8>.allocate(capacity: 500)
        for status in 100...599 {
            let place = codes.firstIndex(of: status) ?? (codes.count + status / 100 - 1)
            places[status - 100] = UInt8(truncatingIfNeeded: place)
        }
        return UnsafePointer(places)
    }()
}
