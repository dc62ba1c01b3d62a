internal import HTTPCore

extension RequestHead {
    /// Judges what only all lines together tell: host, framing, connection, expectation.
    mutating func conclude(_ bytes: Span<UInt8>) throws(RequestRefusal) {
        try concludeHost(bytes)
        guard !isChunked || (contentLength == nil && minorVersion >= 1) else {
            throw RequestRefusal(.framing)
        }
        if !namedFields.isEmpty {
            ConnectionOption.mark(&fields, namedBy: namedFields, bytes) { _ in false }
        }
        keepsAlive = marks.keepsAlive(minorVersion: minorVersion)
        let hasBody = isChunked || (contentLength ?? 0) > 0
        if hasUpgrade {
            upgradesToWebSocket =
                marks.listsWebSocket && marks.hasUpgradeOption && method == .get && minorVersion >= 1
                && !hasBody
        }
        // HTTP/1.0 does not know the field (RFC 9110 section 10.1.1).
        if minorVersion >= 1 {
            guard !marks.hasOtherExpectation else { throw RequestRefusal(status: 417, .expect) }
            expectsContinue = marks.expectsContinue && hasBody
        }
        if method == .options, marks.maxForwardsLines > 0 { try concludeMaxForwards(bytes) }
    }

    private mutating func concludeHost(_ bytes: Span<UInt8>) throws(RequestRefusal) {
        guard marks.hostLines == 1 || (marks.hostLines == 0 && minorVersion == 0) else {
            throw RequestRefusal(.host)
        }
        if marks.hostLines == 1 {
            guard HostName.isValid(bytes, marks.host) else { throw RequestRefusal(.host) }
        }
        host = authority ?? marks.host
    }

    private mutating func concludeMaxForwards(_ bytes: Span<UInt8>) throws(RequestRefusal) {
        guard marks.maxForwardsLines == 1, let hops = ASCII.decimal(bytes, marks.maxForwards) else {
            throw RequestRefusal(.maxForwards)
        }
        maxForwards = hops
    }
}
