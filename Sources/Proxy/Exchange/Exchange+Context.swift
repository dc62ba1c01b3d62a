import Access
import HTTP1
import HTTPCore

extension Exchange {
    /// A trusted proxy's request id is kept if it is given once and is one: 8 to 128 of `[A-Za-z0-9._-]`.
    func adoptRequestID() {
        guard rules.hasOwnRequestIDName || head.mayHave(.xRequestID) else { return }
        let all = headBytes
        var value: UnsafeRawBufferPointer?
        for line in head.fields where rules.isRequestID(line, all) {
            if value != nil { return }
            value = bytes(line.value)
        }
        guard let value, (8...128).contains(value.count) else { return }
        for byte in value {
            guard ASCII.isNameByte(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_") else {
                return
            }
        }
        givenRequestID = Array(value)
    }

    /// What tells the browser to use https only: where the site says so, to clients that came over https
    /// (RFC 6797, 7.2).
    var hstsLine: FixedBytes? {
        guard let line = fixedSite?.use({ $0.hstsLine }), knownScheme == .https else { return nil }
        return line
    }

    /// Calls `body` with the id of the trace that the request belongs to, where it is passed on.
    func withTraceID(_ body: (UnsafeRawBufferPointer) -> Void) {
        guard headLength > 0, head.mayHave(.traceparent), rules.propagatesTrace,
            fixedConnection.use({ $0.peer.isTrusted })
        else { return }
        let raw = headBytes.bindMemory(to: UInt8.self)
        guard let context = TraceContext(head.fields, raw.span) else { return }
        body(bytes(context.traceID))
    }
}
