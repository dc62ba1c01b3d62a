/// Header fields that the gateway knows by name; every other name is `other`.
public enum FieldID: UInt8, Sendable, CaseIterable {
    case other
    case host
    case connection
    case contentLength
    case transferEncoding
    case cookie
    case setCookie
    case authorization
    case expect
    case upgrade
    case te
    case trailer
    case keepAlive
    case proxyConnection
    case proxyAuthenticate
    case proxyAuthorization
    case proxyAuthenticationInfo
    case http2Settings
    case accept
    case acceptEncoding
    case acceptLanguage
    case userAgent
    case origin
    case referer
    case contentType
    case contentEncoding
    case contentRange
    case cacheControl
    case date
    case server
    case location
    case via
    case forwarded
    case xForwardedFor
    case xForwardedProto
    case xForwardedHost
    case xForwardedPort
    case xForwardedPrefix
    case xForwardedServer
    case xForwardedURI
    case xForwardedMethod
    case xForwardedUser
    case xRealIP
    case xRequestID
    case xRequestedWith
    case secFetchSite
    case secFetchMode
    case secFetchDest
    case secWebSocketKey
    case secWebSocketVersion
    case secWebSocketAccept
    case secWebSocketProtocol
    case secWebSocketExtensions
    case maxForwards
    case accessControlRequestMethod
    case accessControlRequestHeaders
    case vary
    case proxy
    case range
    case pragma
    case expires
    case age
    case allow
    case etag
    case lastModified
    case ifNoneMatch
    case ifModifiedSince
    case retryAfter
    case wwwAuthenticate
    case strictTransportSecurity
    case contentSecurityPolicy
    case xFrameOptions
    case xContentTypeOptions
    case traceparent
    case xHTTPMethodOverride
    case xOriginalURL
    case xRewriteURL
    case remoteUser
    case tracestate
    case baggage

    /// For one connection alone, whether `Connection` names it or not (RFC 9110 section 7.6.1). The proxy
    /// credentials are among them because the gateway is nobody's forward proxy.
    public var isHopByHop: Bool {
        switch self {
        case .connection, .keepAlive, .proxyConnection, .te, .trailer, .transferEncoding, .upgrade,
            .http2Settings, .proxyAuthenticate, .proxyAuthorization, .proxyAuthenticationInfo:
            true
        default: false
        }
    }

    /// A request must not name it in `Connection`: taking it out would change framing, routing or identity.
    public var isProtectedFromConnection: Bool {
        switch self {
        case .host, .contentLength, .contentType, .contentEncoding, .cookie, .authorization, .expect, .origin,
            .maxForwards, .via, .forwarded, .xForwardedFor, .xForwardedProto, .xForwardedHost,
            .xForwardedPort, .xForwardedPrefix, .xForwardedServer, .xForwardedURI, .xForwardedMethod,
            .xForwardedUser, .xRealIP, .xRequestID, .transferEncoding, .secFetchSite, .secFetchMode,
            .secFetchDest:
            true
        default: false
        }
    }

    /// The name in lower case; empty for `other`.
    public var name: String {
        switch self {
        case .other: ""
        case .host: "host"
        case .connection: "connection"
        case .contentLength: "content-length"
        case .transferEncoding: "transfer-encoding"
        case .cookie: "cookie"
        case .setCookie: "set-cookie"
        case .authorization: "authorization"
        case .expect: "expect"
        case .upgrade: "upgrade"
        case .te: "te"
        case .trailer: "trailer"
        case .keepAlive: "keep-alive"
        case .proxyConnection: "proxy-connection"
        case .proxyAuthenticate: "proxy-authenticate"
        case .proxyAuthorization: "proxy-authorization"
        case .proxyAuthenticationInfo: "proxy-authentication-info"
        case .http2Settings: "http2-settings"
        case .accept: "accept"
        case .acceptEncoding: "accept-encoding"
        case .acceptLanguage: "accept-language"
        case .userAgent: "user-agent"
        case .origin: "origin"
        case .referer: "referer"
        case .contentType: "content-type"
        case .contentEncoding: "content-encoding"
        case .contentRange: "content-range"
        case .cacheControl: "cache-control"
        case .date: "date"
        case .server: "server"
        case .location: "location"
        case .via: "via"
        case .forwarded: "forwarded"
        case .xForwardedFor: "x-forwarded-for"
        case .xForwardedProto: "x-forwarded-proto"
        case .xForwardedHost: "x-forwarded-host"
        case .xForwardedPort: "x-forwarded-port"
        case .xForwardedPrefix: "x-forwarded-prefix"
        case .xForwardedServer: "x-forwarded-server"
        case .xForwardedURI: "x-forwarded-uri"
        case .xForwardedMethod: "x-forwarded-method"
        case .xForwardedUser: "x-forwarded-user"
        case .xRealIP: "x-real-ip"
        case .xRequestID: "x-request-id"
        case .xRequestedWith: "x-requested-with"
        case .secFetchSite: "sec-fetch-site"
        case .secFetchMode: "sec-fetch-mode"
        case .secFetchDest: "sec-fetch-dest"
        case .secWebSocketKey: "sec-websocket-key"
        case .secWebSocketVersion: "sec-websocket-version"
        case .secWebSocketAccept: "sec-websocket-accept"
        case .secWebSocketProtocol: "sec-websocket-protocol"
        case .secWebSocketExtensions: "sec-websocket-extensions"
        case .maxForwards: "max-forwards"
        case .accessControlRequestMethod: "access-control-request-method"
        case .accessControlRequestHeaders: "access-control-request-headers"
        case .vary: "vary"
        case .proxy: "proxy"
        case .range: "range"
        case .pragma: "pragma"
        case .expires: "expires"
        case .age: "age"
        case .allow: "allow"
        case .etag: "etag"
        case .lastModified: "last-modified"
        case .ifNoneMatch: "if-none-match"
        case .ifModifiedSince: "if-modified-since"
        case .retryAfter: "retry-after"
        case .wwwAuthenticate: "www-authenticate"
        case .strictTransportSecurity: "strict-transport-security"
        case .contentSecurityPolicy: "content-security-policy"
        case .xFrameOptions: "x-frame-options"
        case .xContentTypeOptions: "x-content-type-options"
        case .traceparent: "traceparent"
        case .xHTTPMethodOverride: "x-http-method-override"
        case .xOriginalURL: "x-original-url"
        case .xRewriteURL: "x-rewrite-url"
        case .remoteUser: "remote-user"
        case .tracestate: "tracestate"
        case .baggage: "baggage"
        }
    }
}
