extension FieldID {
    /// The field that `count` bytes at `start` name, in any case.
    ///
    /// A name is compared eight bytes at a time with its letters as a number (`ASCII.key`), which costs a few
    /// instructions where comparing strings would cost more than parsing the line.
    public static func of(_ bytes: Span<UInt8>, _ start: Int, _ count: Int) -> FieldID {
        guard count >= 2, count <= 30 else { return .other }
        let head = ASCII.key(bytes, at: start, count: min(count, 8))
        if count <= 8 { return short(head, count) }
        let tail = ASCII.key(bytes, at: start + count - 8, count: 8)
        if count <= 16 { return medium(head, tail, count) }
        let second = ASCII.key(bytes, at: start + 8, count: 8)
        if count <= 24 { return long(head, second, tail, count) }
        let third = ASCII.key(bytes, at: start + 16, count: 8)
        return longest(head, second, third, tail, count)
    }

    private static func short(_ head: UInt64, _ count: Int) -> FieldID {
        switch count {
        case 2:
            switch head {
            case 0x7465: return .te
            default: return .other
            }
        case 3:
            switch head {
            case 0x76_6961: return .via
            case 0x61_6765: return .age
            default: return .other
            }
        case 4:
            switch head {
            case 0x686f_7374: return .host
            case 0x6461_7465: return .date
            case 0x7661_7279: return .vary
            case 0x6574_6167: return .etag
            default: return .other
            }
        case 5:
            switch head {
            case 0x70_726f_7879: return .proxy
            case 0x72_616e_6765: return .range
            case 0x61_6c6c_6f77: return .allow
            default: return .other
            }
        case 6:
            switch head {
            case 0x636f_6f6b_6965: return .cookie
            case 0x6578_7065_6374: return .expect
            case 0x6163_6365_7074: return .accept
            case 0x6f72_6967_696e: return .origin
            case 0x7365_7276_6572: return .server
            case 0x7072_6167_6d61: return .pragma
            default: return .other
            }
        case 7:
            switch head {
            case 0x75_7067_7261_6465: return .upgrade
            case 0x74_7261_696c_6572: return .trailer
            case 0x72_6566_6572_6572: return .referer
            case 0x65_7870_6972_6573: return .expires
            case 0x62_6167_6761_6765: return .baggage
            default: return .other
            }
        case 8:
            switch head {
            case 0x6c6f_6361_7469_6f6e: return .location
            default: return .other
            }
        default: return .other
        }
    }

    private static func medium(_ head: UInt64, _ tail: UInt64, _ count: Int) -> FieldID {
        switch count {
        case 9:
            if tail == 0x6f72_7761_7264_6564, head == 0x666f_7277_6172_6465 { return .forwarded }
            if tail == 0x2d72_6561_6c2d_6970, head == 0x782d_7265_616c_2d69 { return .xRealIP }
        case 10:
            if tail == 0x6e6e_6563_7469_6f6e, head == 0x636f_6e6e_6563_7469 { return .connection }
            if tail == 0x742d_636f_6f6b_6965, head == 0x7365_742d_636f_6f6b { return .setCookie }
            if tail == 0x6570_2d61_6c69_7665, head == 0x6b65_6570_2d61_6c69 { return .keepAlive }
            if tail == 0x6572_2d61_6765_6e74, head == 0x7573_6572_2d61_6765 { return .userAgent }
            if tail == 0x6163_6573_7461_7465, head == 0x7472_6163_6573_7461 { return .tracestate }
        case 11:
            if tail == 0x7279_2d61_6674_6572, head == 0x7265_7472_792d_6166 { return .retryAfter }
            if tail == 0x6365_7061_7265_6e74, head == 0x7472_6163_6570_6172 { return .traceparent }
            if tail == 0x6f74_652d_7573_6572, head == 0x7265_6d6f_7465_2d75 { return .remoteUser }
        case 12:
            if tail == 0x656e_742d_7479_7065, head == 0x636f_6e74_656e_742d { return .contentType }
            if tail == 0x7175_6573_742d_6964, head == 0x782d_7265_7175_6573 { return .xRequestID }
            if tail == 0x666f_7277_6172_6473, head == 0x6d61_782d_666f_7277 { return .maxForwards }
        case 13:
            if tail == 0x7269_7a61_7469_6f6e, head == 0x6175_7468_6f72_697a { return .authorization }
            if tail == 0x6e74_2d72_616e_6765, head == 0x636f_6e74_656e_742d { return .contentRange }
            if tail == 0x2d63_6f6e_7472_6f6c, head == 0x6361_6368_652d_636f { return .cacheControl }
            if tail == 0x6d6f_6469_6669_6564, head == 0x6c61_7374_2d6d_6f64 { return .lastModified }
            if tail == 0x6e65_2d6d_6174_6368, head == 0x6966_2d6e_6f6e_652d { return .ifNoneMatch }
            if tail == 0x7269_7465_2d75_726c, head == 0x782d_7265_7772_6974 { return .xRewriteURL }
        case 14:
            if tail == 0x742d_6c65_6e67_7468, head == 0x636f_6e74_656e_742d { return .contentLength }
            if tail == 0x7365_7474_696e_6773, head == 0x6874_7470_322d_7365 { return .http2Settings }
            if tail == 0x7463_682d_7369_7465, head == 0x7365_632d_6665_7463 { return .secFetchSite }
            if tail == 0x7463_682d_6d6f_6465, head == 0x7365_632d_6665_7463 { return .secFetchMode }
            if tail == 0x7463_682d_6465_7374, head == 0x7365_632d_6665_7463 { return .secFetchDest }
            if tail == 0x696e_616c_2d75_726c, head == 0x782d_6f72_6967_696e { return .xOriginalURL }
        case 15:
            if tail == 0x656e_636f_6469_6e67, head == 0x6163_6365_7074_2d65 { return .acceptEncoding }
            if tail == 0x6c61_6e67_7561_6765, head == 0x6163_6365_7074_2d6c { return .acceptLanguage }
            if tail == 0x7264_6564_2d66_6f72, head == 0x782d_666f_7277_6172 { return .xForwardedFor }
            if tail == 0x7264_6564_2d75_7269, head == 0x782d_666f_7277_6172 { return .xForwardedURI }
            if tail == 0x2d6f_7074_696f_6e73, head == 0x782d_6672_616d_652d { return .xFrameOptions }
        case 16:
            if tail == 0x6e6e_6563_7469_6f6e, head == 0x7072_6f78_792d_636f { return .proxyConnection }
            if tail == 0x656e_636f_6469_6e67, head == 0x636f_6e74_656e_742d { return .contentEncoding }
            if tail == 0x6465_642d_686f_7374, head == 0x782d_666f_7277_6172 { return .xForwardedHost }
            if tail == 0x6465_642d_706f_7274, head == 0x782d_666f_7277_6172 { return .xForwardedPort }
            if tail == 0x6465_642d_7573_6572, head == 0x782d_666f_7277_6172 { return .xForwardedUser }
            if tail == 0x7465_642d_7769_7468, head == 0x782d_7265_7175_6573 { return .xRequestedWith }
            if tail == 0x656e_7469_6361_7465, head == 0x7777_772d_6175_7468 { return .wwwAuthenticate }
        default: break
        }
        return .other
    }

    private static func long(
        _ head: UInt64, _ second: UInt64, _ tail: UInt64, _ count: Int
    ) -> FieldID {
        switch count {
        case 17:
            if tail == 0x656e_636f_6469_6e67, head == 0x7472_616e_7366_6572, second == 0x2d65_6e63_6f64_696e {
                return .transferEncoding
            }
            if tail == 0x6564_2d70_726f_746f, head == 0x782d_666f_7277_6172, second == 0x6465_642d_7072_6f74 {
                return .xForwardedProto
            }
            if tail == 0x636b_6574_2d6b_6579, head == 0x7365_632d_7765_6273, second == 0x6f63_6b65_742d_6b65 {
                return .secWebSocketKey
            }
            if tail == 0x6564_2d73_696e_6365, head == 0x6966_2d6d_6f64_6966, second == 0x6965_642d_7369_6e63 {
                return .ifModifiedSince
            }
        case 18:
            if tail == 0x656e_7469_6361_7465, head == 0x7072_6f78_792d_6175, second == 0x7468_656e_7469_6361 {
                return .proxyAuthenticate
            }
            if tail == 0x642d_7072_6566_6978, head == 0x782d_666f_7277_6172, second == 0x6465_642d_7072_6566 {
                return .xForwardedPrefix
            }
            if tail == 0x642d_7365_7276_6572, head == 0x782d_666f_7277_6172, second == 0x6465_642d_7365_7276 {
                return .xForwardedServer
            }
            if tail == 0x642d_6d65_7468_6f64, head == 0x782d_666f_7277_6172, second == 0x6465_642d_6d65_7468 {
                return .xForwardedMethod
            }
        case 19:
            if tail == 0x7269_7a61_7469_6f6e, head == 0x7072_6f78_792d_6175, second == 0x7468_6f72_697a_6174 {
                return .proxyAuthorization
            }
        case 20:
            if tail == 0x742d_6163_6365_7074, head == 0x7365_632d_7765_6273, second == 0x6f63_6b65_742d_6163 {
                return .secWebSocketAccept
            }
        case 21:
            if tail == 0x2d76_6572_7369_6f6e, head == 0x7365_632d_7765_6273, second == 0x6f63_6b65_742d_7665 {
                return .secWebSocketVersion
            }
        case 22:
            if tail == 0x7072_6f74_6f63_6f6c, head == 0x7365_632d_7765_6273, second == 0x6f63_6b65_742d_7072 {
                return .secWebSocketProtocol
            }
            if tail == 0x2d6f_7074_696f_6e73, head == 0x782d_636f_6e74_656e, second == 0x742d_7479_7065_2d6f {
                return .xContentTypeOptions
            }
            if tail == 0x6f76_6572_7269_6465, head == 0x782d_6874_7470_2d6d, second == 0x6574_686f_642d_6f76 {
                return .xHTTPMethodOverride
            }
        case 23:
            if tail == 0x792d_706f_6c69_6379, head == 0x636f_6e74_656e_742d, second == 0x7365_6375_7269_7479 {
                return .contentSecurityPolicy
            }
        case 24:
            if tail == 0x7465_6e73_696f_6e73, head == 0x7365_632d_7765_6273, second == 0x6f63_6b65_742d_6578 {
                return .secWebSocketExtensions
            }
        default: break
        }
        return .other
    }

    private static func longest(
        _ head: UInt64, _ second: UInt64, _ third: UInt64, _ tail: UInt64, _ count: Int
    ) -> FieldID {
        switch count {
        case 25:
            if tail == 0x696f_6e2d_696e_666f, head == 0x7072_6f78_792d_6175, second == 0x7468_656e_7469_6361,
                third == 0x7469_6f6e_2d69_6e66
            {
                return .proxyAuthenticationInfo
            }
            if tail == 0x7365_6375_7269_7479, head == 0x7374_7269_6374_2d74, second == 0x7261_6e73_706f_7274,
                third == 0x2d73_6563_7572_6974
            {
                return .strictTransportSecurity
            }
        case 29:
            if tail == 0x742d_6d65_7468_6f64, head == 0x6163_6365_7373_2d63, second == 0x6f6e_7472_6f6c_2d72,
                third == 0x6571_7565_7374_2d6d
            {
                return .accessControlRequestMethod
            }
        case 30:
            if tail == 0x2d68_6561_6465_7273, head == 0x6163_6365_7373_2d63, second == 0x6f6e_7472_6f6c_2d72,
                third == 0x6571_7565_7374_2d68
            {
                return .accessControlRequestHeaders
            }
        default: break
        }
        return .other
    }
}
