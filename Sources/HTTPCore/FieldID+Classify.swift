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
        switch (count, head) {
        case (2, 0x7465): .te
        case (3, 0x76_6961): .via
        case (3, 0x61_6765): .age
        case (4, 0x686f_7374): .host
        case (4, 0x6461_7465): .date
        case (4, 0x7661_7279): .vary
        case (4, 0x6574_6167): .etag
        case (5, 0x70_726f_7879): .proxy
        case (5, 0x72_616e_6765): .range
        case (5, 0x61_6c6c_6f77): .allow
        case (6, 0x636f_6f6b_6965): .cookie
        case (6, 0x6578_7065_6374): .expect
        case (6, 0x6163_6365_7074): .accept
        case (6, 0x6f72_6967_696e): .origin
        case (6, 0x7365_7276_6572): .server
        case (6, 0x7072_6167_6d61): .pragma
        case (7, 0x75_7067_7261_6465): .upgrade
        case (7, 0x74_7261_696c_6572): .trailer
        case (7, 0x72_6566_6572_6572): .referer
        case (7, 0x65_7870_6972_6573): .expires
        case (8, 0x6c6f_6361_7469_6f6e): .location
        default: .other
        }
    }

    private static func medium(_ head: UInt64, _ tail: UInt64, _ count: Int) -> FieldID {
        switch (count, head, tail) {
        case (9, 0x666f_7277_6172_6465, 0x6f72_7761_7264_6564): .forwarded
        case (9, 0x782d_7265_616c_2d69, 0x2d72_6561_6c2d_6970): .xRealIP
        case (10, 0x636f_6e6e_6563_7469, 0x6e6e_6563_7469_6f6e): .connection
        case (10, 0x7365_742d_636f_6f6b, 0x742d_636f_6f6b_6965): .setCookie
        case (10, 0x6b65_6570_2d61_6c69, 0x6570_2d61_6c69_7665): .keepAlive
        case (10, 0x7573_6572_2d61_6765, 0x6572_2d61_6765_6e74): .userAgent
        case (11, 0x7265_7472_792d_6166, 0x7279_2d61_6674_6572): .retryAfter
        case (11, 0x7472_6163_6570_6172, 0x6365_7061_7265_6e74): .traceparent
        case (11, 0x7265_6d6f_7465_2d75, 0x6f74_652d_7573_6572): .remoteUser
        case (12, 0x636f_6e74_656e_742d, 0x656e_742d_7479_7065): .contentType
        case (12, 0x782d_7265_7175_6573, 0x7175_6573_742d_6964): .xRequestID
        case (12, 0x6d61_782d_666f_7277, 0x666f_7277_6172_6473): .maxForwards
        case (13, 0x6175_7468_6f72_697a, 0x7269_7a61_7469_6f6e): .authorization
        case (13, 0x636f_6e74_656e_742d, 0x6e74_2d72_616e_6765): .contentRange
        case (13, 0x6361_6368_652d_636f, 0x2d63_6f6e_7472_6f6c): .cacheControl
        case (13, 0x6c61_7374_2d6d_6f64, 0x6d6f_6469_6669_6564): .lastModified
        case (13, 0x6966_2d6e_6f6e_652d, 0x6e65_2d6d_6174_6368): .ifNoneMatch
        case (13, 0x782d_7265_7772_6974, 0x7269_7465_2d75_726c): .xRewriteURL
        case (14, 0x636f_6e74_656e_742d, 0x742d_6c65_6e67_7468): .contentLength
        case (14, 0x6874_7470_322d_7365, 0x7365_7474_696e_6773): .http2Settings
        case (14, 0x7365_632d_6665_7463, 0x7463_682d_7369_7465): .secFetchSite
        case (14, 0x7365_632d_6665_7463, 0x7463_682d_6d6f_6465): .secFetchMode
        case (14, 0x7365_632d_6665_7463, 0x7463_682d_6465_7374): .secFetchDest
        case (14, 0x782d_6f72_6967_696e, 0x696e_616c_2d75_726c): .xOriginalURL
        case (15, 0x6163_6365_7074_2d65, 0x656e_636f_6469_6e67): .acceptEncoding
        case (15, 0x6163_6365_7074_2d6c, 0x6c61_6e67_7561_6765): .acceptLanguage
        case (15, 0x782d_666f_7277_6172, 0x7264_6564_2d66_6f72): .xForwardedFor
        case (15, 0x782d_666f_7277_6172, 0x7264_6564_2d75_7269): .xForwardedURI
        case (15, 0x782d_6672_616d_652d, 0x2d6f_7074_696f_6e73): .xFrameOptions
        case (16, 0x7072_6f78_792d_636f, 0x6e6e_6563_7469_6f6e): .proxyConnection
        case (16, 0x636f_6e74_656e_742d, 0x656e_636f_6469_6e67): .contentEncoding
        case (16, 0x782d_666f_7277_6172, 0x6465_642d_686f_7374): .xForwardedHost
        case (16, 0x782d_666f_7277_6172, 0x6465_642d_706f_7274): .xForwardedPort
        case (16, 0x782d_666f_7277_6172, 0x6465_642d_7573_6572): .xForwardedUser
        case (16, 0x782d_7265_7175_6573, 0x7465_642d_7769_7468): .xRequestedWith
        case (16, 0x7777_772d_6175_7468, 0x656e_7469_6361_7465): .wwwAuthenticate
        default: .other
        }
    }

    private static func long(
        _ head: UInt64, _ second: UInt64, _ tail: UInt64, _ count: Int
    ) -> FieldID {
        switch (count, head, second, tail) {
        case (17, 0x7472_616e_7366_6572, 0x2d65_6e63_6f64_696e, 0x656e_636f_6469_6e67):
            .transferEncoding
        case (17, 0x782d_666f_7277_6172, 0x6465_642d_7072_6f74, 0x6564_2d70_726f_746f):
            .xForwardedProto
        case (17, 0x7365_632d_7765_6273, 0x6f63_6b65_742d_6b65, 0x636b_6574_2d6b_6579):
            .secWebSocketKey
        case (17, 0x6966_2d6d_6f64_6966, 0x6965_642d_7369_6e63, 0x6564_2d73_696e_6365):
            .ifModifiedSince
        case (18, 0x7072_6f78_792d_6175, 0x7468_656e_7469_6361, 0x656e_7469_6361_7465):
            .proxyAuthenticate
        case (18, 0x782d_666f_7277_6172, 0x6465_642d_7072_6566, 0x642d_7072_6566_6978):
            .xForwardedPrefix
        case (18, 0x782d_666f_7277_6172, 0x6465_642d_7365_7276, 0x642d_7365_7276_6572):
            .xForwardedServer
        case (18, 0x782d_666f_7277_6172, 0x6465_642d_6d65_7468, 0x642d_6d65_7468_6f64):
            .xForwardedMethod
        case (19, 0x7072_6f78_792d_6175, 0x7468_6f72_697a_6174, 0x7269_7a61_7469_6f6e):
            .proxyAuthorization
        case (20, 0x7365_632d_7765_6273, 0x6f63_6b65_742d_6163, 0x742d_6163_6365_7074):
            .secWebSocketAccept
        case (21, 0x7365_632d_7765_6273, 0x6f63_6b65_742d_7665, 0x2d76_6572_7369_6f6e):
            .secWebSocketVersion
        case (22, 0x7365_632d_7765_6273, 0x6f63_6b65_742d_7072, 0x7072_6f74_6f63_6f6c):
            .secWebSocketProtocol
        case (22, 0x782d_636f_6e74_656e, 0x742d_7479_7065_2d6f, 0x2d6f_7074_696f_6e73):
            .xContentTypeOptions
        case (22, 0x782d_6874_7470_2d6d, 0x6574_686f_642d_6f76, 0x6f76_6572_7269_6465):
            .xHTTPMethodOverride
        case (23, 0x636f_6e74_656e_742d, 0x7365_6375_7269_7479, 0x792d_706f_6c69_6379):
            .contentSecurityPolicy
        case (24, 0x7365_632d_7765_6273, 0x6f63_6b65_742d_6578, 0x7465_6e73_696f_6e73):
            .secWebSocketExtensions
        default: .other
        }
    }

    private static func longest(
        _ head: UInt64, _ second: UInt64, _ third: UInt64, _ tail: UInt64, _ count: Int
    ) -> FieldID {
        switch (count, head, second, third, tail) {
        case (25, 0x7072_6f78_792d_6175, 0x7468_656e_7469_6361, 0x7469_6f6e_2d69_6e66, 0x696f_6e2d_696e_666f):
            .proxyAuthenticationInfo
        case (25, 0x7374_7269_6374_2d74, 0x7261_6e73_706f_7274, 0x2d73_6563_7572_6974, 0x7365_6375_7269_7479):
            .strictTransportSecurity
        case (29, 0x6163_6365_7373_2d63, 0x6f6e_7472_6f6c_2d72, 0x6571_7565_7374_2d6d, 0x742d_6d65_7468_6f64):
            .accessControlRequestMethod
        case (30, 0x6163_6365_7373_2d63, 0x6f6e_7472_6f6c_2d72, 0x6571_7565_7374_2d68, 0x2d68_6561_6465_7273):
            .accessControlRequestHeaders
        default: .other
        }
    }
}
