/// The field names that the gateway knows by heart; `other` is every other one.
public enum FieldID: UInt8, Sendable {
    case other
    case host, connection, contentLength, transferEncoding, cookie, setCookie, authorization, expect, upgrade,
        te
    case trailer, keepAlive, proxyConnection, proxyAuthenticate, proxyAuthorization, accept, acceptEncoding
    case acceptLanguage, userAgent, origin, referer, contentType, contentEncoding, cacheControl, date, server
    case location, via, forwarded, xForwardedFor, xForwardedProto, xForwardedHost, xRequestID, xRequestedWith
    case secFetchSite, secFetchMode, secFetchDest, secWebSocketKey, secWebSocketVersion, secWebSocketAccept
    case http2Settings, maxForwards, accessControlRequestMethod, vary

    /// The name in `range`, whatever its case.
    @inline(__always)
    public static func of(_ bytes: Span<UInt8>, _ range: Range<Int>) -> FieldID {
        let first = ASCII.lower(bytes[range.lowerBound])
        switch (range.count, first) {
        case (2, 0x74): return bytes.equalsIgnoringCase(range, "te") ? .te : .other
        case (3, 0x76): return bytes.equalsIgnoringCase(range, "via") ? .via : .other
        case (4, 0x68): return bytes.equalsIgnoringCase(range, "host") ? .host : .other
        case (4, 0x64): return bytes.equalsIgnoringCase(range, "date") ? .date : .other
        case (4, 0x76): return bytes.equalsIgnoringCase(range, "vary") ? .vary : .other
        case (6, 0x63): return bytes.equalsIgnoringCase(range, "cookie") ? .cookie : .other
        case (6, 0x61): return bytes.equalsIgnoringCase(range, "accept") ? .accept : .other
        case (6, 0x65): return bytes.equalsIgnoringCase(range, "expect") ? .expect : .other
        case (6, 0x6f): return bytes.equalsIgnoringCase(range, "origin") ? .origin : .other
        case (6, 0x73): return bytes.equalsIgnoringCase(range, "server") ? .server : .other
        case (7, 0x75): return bytes.equalsIgnoringCase(range, "upgrade") ? .upgrade : .other
        case (7, 0x74): return bytes.equalsIgnoringCase(range, "trailer") ? .trailer : .other
        case (7, 0x72): return bytes.equalsIgnoringCase(range, "referer") ? .referer : .other
        case (8, 0x6c): return bytes.equalsIgnoringCase(range, "location") ? .location : .other
        case (9, 0x66): return bytes.equalsIgnoringCase(range, "forwarded") ? .forwarded : .other
        case (10, 0x63): return bytes.equalsIgnoringCase(range, "connection") ? .connection : .other
        case (10, 0x75): return bytes.equalsIgnoringCase(range, "user-agent") ? .userAgent : .other
        case (10, 0x73): return bytes.equalsIgnoringCase(range, "set-cookie") ? .setCookie : .other
        case (10, 0x6b): return bytes.equalsIgnoringCase(range, "keep-alive") ? .keepAlive : .other
        default: return longer(bytes, range, first)
        }
    }

    private static func longer(_ bytes: Span<UInt8>, _ range: Range<Int>, _ first: UInt8) -> FieldID {
        switch (range.count, first) {
        case (12, 0x63): return bytes.equalsIgnoringCase(range, "content-type") ? .contentType : .other
        case (12, 0x78): return bytes.equalsIgnoringCase(range, "x-request-id") ? .xRequestID : .other
        case (12, 0x6d): return bytes.equalsIgnoringCase(range, "max-forwards") ? .maxForwards : .other
        case (13, 0x61): return bytes.equalsIgnoringCase(range, "authorization") ? .authorization : .other
        case (13, 0x63): return bytes.equalsIgnoringCase(range, "cache-control") ? .cacheControl : .other
        case (14, 0x63): return bytes.equalsIgnoringCase(range, "content-length") ? .contentLength : .other
        case (14, 0x73):
            if bytes.equalsIgnoringCase(range, "sec-fetch-site") { return .secFetchSite }
            if bytes.equalsIgnoringCase(range, "sec-fetch-mode") { return .secFetchMode }
            return bytes.equalsIgnoringCase(range, "sec-fetch-dest") ? .secFetchDest : .other
        case (14, 0x68): return bytes.equalsIgnoringCase(range, "http2-settings") ? .http2Settings : .other
        case (15, 0x61):
            if bytes.equalsIgnoringCase(range, "accept-encoding") { return .acceptEncoding }
            return bytes.equalsIgnoringCase(range, "accept-language") ? .acceptLanguage : .other
        case (15, 0x78): return bytes.equalsIgnoringCase(range, "x-forwarded-for") ? .xForwardedFor : .other
        case (16, 0x63):
            return bytes.equalsIgnoringCase(range, "content-encoding") ? .contentEncoding : .other
        case (16, 0x78):
            if bytes.equalsIgnoringCase(range, "x-forwarded-host") { return .xForwardedHost }
            return bytes.equalsIgnoringCase(range, "x-requested-with") ? .xRequestedWith : .other
        case (16, 0x70):
            return bytes.equalsIgnoringCase(range, "proxy-connection") ? .proxyConnection : .other
        case (17, 0x74):
            return bytes.equalsIgnoringCase(range, "transfer-encoding") ? .transferEncoding : .other
        case (17, 0x78):
            return bytes.equalsIgnoringCase(range, "x-forwarded-proto") ? .xForwardedProto : .other
        case (17, 0x73):
            return bytes.equalsIgnoringCase(range, "sec-websocket-key") ? .secWebSocketKey : .other
        case (18, 0x70):
            return bytes.equalsIgnoringCase(range, "proxy-authenticate") ? .proxyAuthenticate : .other
        case (19, 0x70):
            return bytes.equalsIgnoringCase(range, "proxy-authorization") ? .proxyAuthorization : .other
        case (20, 0x73):
            return bytes.equalsIgnoringCase(range, "sec-websocket-accept") ? .secWebSocketAccept : .other
        case (21, 0x73):
            return bytes.equalsIgnoringCase(range, "sec-websocket-version") ? .secWebSocketVersion : .other
        case (29, 0x61):
            return bytes.equalsIgnoringCase(range, "access-control-request-method")
                ? .accessControlRequestMethod : .other
        default: return .other
        }
    }
}
