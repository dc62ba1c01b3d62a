/// Forms of names.
enum Name {
    /// `[a-z][a-z0-9_-]{0,62}`.
    static func isValid(_ text: [UInt8]) -> Bool {
        guard let first = text.first, ASCII.isLower(first), text.count <= 63 else { return false }
        return text.allSatisfy { ASCII.isLower($0) || ASCII.isDigit($0) || $0 == 0x5f || $0 == 0x2d }
    }

    /// A role that a store of users can hold: `[A-Za-z0-9_.:@/+-]+`, at most 64.
    static func isRole(_ text: [UInt8]) -> Bool {
        !text.isEmpty && text.count <= 64
            && text.allSatisfy { ASCII.isLetterOrDigit($0) || "_.:@/+-".utf8.contains($0) }
    }

    /// That, in words.
    static let roleForm = "roles are 1 to 64 letters, digits and any of _ . : @ / + -"

    /// `[A-Za-z0-9-]+`, at most 64.
    static func isHeader(_ text: some Collection<UInt8>) -> Bool {
        !text.isEmpty && text.count <= 64 && text.allSatisfy { ASCII.isLetterOrDigit($0) || $0 == 0x2d }
    }

    /// A token of RFC 9110, at most 64.
    static func isToken(_ text: [UInt8]) -> Bool {
        !text.isEmpty && text.count <= 64 && text.allSatisfy(ASCII.isToken)
    }

    /// A host name, or a literal IPv4 address.
    static func isHost(_ text: some Collection<UInt8>) -> Bool {
        guard !text.isEmpty, text.count <= 253 else { return false }
        return text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy {
            label in
            guard let first = label.first, let last = label.last, label.count <= 63 else { return false }
            // Underscores are no host names by the book, and usual in container networks.
            return first != 0x2d && last != 0x2d
                && label.allSatisfy { ASCII.isLetterOrDigit($0) || $0 == 0x2d || $0 == 0x5f }
        }
    }
}

/// Header names that belong to the protocol or to the gateway.
enum ReservedHeader {
    /// Framing, routing and hop-by-hop fields, and those that carry credentials.
    private static let names: Set<String> = [
        "host", "content-length", "transfer-encoding", "connection", "keep-alive", "te", "trailer", "upgrade",
        "proxy-connection", "proxy-authorization", "proxy-authenticate", "expect", "cookie", "set-cookie",
        "authorization", "date", "via", "forwarded", "x-forwarded-for", "x-forwarded-proto",
        "x-forwarded-host",
        "x-forwarded-port", "content-type", "content-encoding", "accept", "origin", "range",
    ]

    /// Fields without which a request cannot be understood: never to be stripped.
    private static let vital: Set<String> = [
        "host", "content-length", "transfer-encoding", "connection", "content-type", "upgrade", "expect",
    ]

    static func isReserved(_ name: String) -> Bool {
        let lower = name.lowercased()
        return names.contains(lower) || lower.hasPrefix("sec-")
    }

    /// Whether a name, or what begins as one with `*` at its end, is among them.
    static func isVital(_ pattern: String) -> Bool {
        let lower = pattern.lowercased()
        guard lower.utf8.last == UInt8(ascii: "*") else { return vital.contains(lower) }
        let start = Array(lower.utf8.dropLast())
        return vital.contains { $0.utf8.starts(with: start) }
    }
}
