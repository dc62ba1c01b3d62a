import GatewayConfig
import HTTP1
import HTTPCore
import Transport

/// What headers go to the origin and come back: compiled once from the configuration.
final class ForwardingRules {
    /// A header line's beginning, `Name: `; nil = off.
    let userIDLine: FixedBytes?
    let userNameLine: FixedBytes?
    let rolesLine: FixedBytes?
    let realmLine: FixedBytes?
    let sessionLine: FixedBytes?
    let requestIDLine: FixedBytes?
    /// The name in lower case under which the request's id travels, where it is not X-Request-Id.
    let ownRequestIDName: [UInt8]?
    /// Whether `ownRequestIDName` is there, for where each look at it would count.
    let hasOwnRequestIDName: Bool
    /// Trace context of trusted proxies is passed on.
    let propagatesTrace: Bool
    let forwarded: HeaderSettings.Forwarded
    let keepsSessionCookie: Bool
    /// Names of every realm's cookie: none of them leaves for an origin, or comes from one.
    let cookieNames: [[UInt8]]
    /// Some realm takes its tickets as bearer tokens: none of them leaves for an origin.
    let takesBearer: Bool
    /// Names that are taken out of requests.
    private let stripped: ProtectedNames
    /// Names no other spelling of which, and no Connection option, may name.
    private let guarded: ProtectedNames

    /// Set by front proxies, frameworks and other gateways; believed by many origins, so never the client's to set.
    static let builtInStrip = [
        "Remote-User", "X-Forwarded-User", "X-Forwarded-Email", "X-Forwarded-Groups",
        "X-Forwarded-Preferred-Username", "X-Auth-Request-*", "X-Remote-*", "X-Original-URL",
        "X-Original-URI",
        "X-Original-Method", "X-Original-Host", "X-Rewrite-URL", "X-HTTP-Method-Override", "X-HTTP-Method",
        "X-Method-Override", "Proxy", "X-Middleware-Subrequest", "X-Envoy-*", "X-Real-IP", "X-Client-IP",
        "True-Client-IP", "X-Cluster-Client-IP", "X-Forwarded-Prefix", "X-Forwarded-Server",
        "X-Forwarded-Uri", "X-Forwarded-Method", "X-Forwarded-Port", "X-Forwarded-Scheme", "X-Forwarded-Ssl",
        "X-Skipper-Proxy",
    ]
    private static let framingAndRouting = [
        "Host", "Content-Length", "Transfer-Encoding", "Cookie", "Authorization", "Connection", "Upgrade",
        "Expect", "Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "Via",
        "X-Request-Id", "Origin", "Content-Type", "Content-Encoding", "Set-Cookie",
    ]

    init(settings: Settings) {
        let headers = settings.headers
        userIDLine = Self.line(headers.userID)
        userNameLine = Self.line(headers.userName)
        rolesLine = Self.line(headers.roles)
        realmLine = Self.line(headers.realm)
        sessionLine = Self.line(headers.session)
        requestIDLine = Self.line(headers.requestID)
        let ownName = headers.requestID.map { Array($0.lowercased().utf8) }
        ownRequestIDName = ownName == Array("x-request-id".utf8) ? nil : ownName
        hasOwnRequestIDName = ownRequestIDName != nil
        propagatesTrace = settings.propagatesTrace
        forwarded = headers.forwarded
        keepsSessionCookie = headers.keepSessionCookie
        cookieNames = settings.realms.map { Array($0.cookie.utf8) } + [Exchange.checkCookieName]
        takesBearer = settings.realms.contains { $0.bearer }
        let identity = [headers.userID, headers.userName, headers.roles, headers.realm, headers.session]
        let always = ["X-User-Id", "X-User-Name", "X-User-Roles", "X-User-Realm"]
        let ours = identity.compactMap { $0 } + always + headers.strip + Self.builtInStrip
        let id = headers.requestID.map { [$0] } ?? []
        stripped = ProtectedNames(ours + id)
        guarded = ProtectedNames(ours + id + Self.framingAndRouting)
    }

    private static func line(_ name: String?) -> FixedBytes? {
        name.map { FixedBytes(Array("\($0): ".utf8)) }
    }

    // MARK: Refusals

    /// False if a name with `_`, `.` or the like is another spelling of a name that matters, or if Connection names
    /// such a header (decision 22).
    func accepts(_ head: borrowing RequestHead, _ bytes: UnsafeRawBufferPointer) -> Bool {
        for line in head.fields {
            if line.hasUnderscoreOrDot && guarded.contains(UnsafeRawBufferPointer(rebasing: bytes[line.name]))
            {
                return false
            }
            if line.id == .connection
                && !acceptsConnection(UnsafeRawBufferPointer(rebasing: bytes[line.value]))
            {
                return false
            }
        }
        return true
    }

    /// `close`, `keep-alive`, `upgrade`, `te` are the connection's own; any other token must not be guarded.
    private func acceptsConnection(_ value: UnsafeRawBufferPointer) -> Bool {
        var start = 0
        while start <= value.count {
            var end = start
            while end < value.count && value[end] != UInt8(ascii: ",") { end += 1 }
            let token = Self.trim(value, start, end)
            if !token.isEmpty && !Self.upgrade.contains(token) && guarded.contains(token) { return false }
            start = end + 1
        }
        return true
    }

    private static let upgrade = ProtectedNames(["Upgrade"])

    private static func trim(_ value: UnsafeRawBufferPointer, _ start: Int, _ end: Int)
        -> UnsafeRawBufferPointer
    {
        var start = start
        var end = end
        while start < end && (value[start] == 0x20 || value[start] == 0x09) { start += 1 }
        while end > start && (value[end - 1] == 0x20 || value[end - 1] == 0x09) { end -= 1 }
        return UnsafeRawBufferPointer(rebasing: value[start..<end])
    }

    /// Whether a request's field is the client's to send on, by its name.
    func isStripped(_ name: UnsafeRawBufferPointer) -> Bool { stripped.contains(name) }
}
