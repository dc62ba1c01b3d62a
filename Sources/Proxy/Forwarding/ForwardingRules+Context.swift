import HTTP1
import HTTPCore
import Transport

/// What ties requests of several programs together: the request's id and the trace context.
extension ForwardingRules {
    /// Whether a field of a message is the request's id, under the name that is configured.
    func isRequestID(_ line: FieldLine, _ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let ownRequestIDName else { return line.id == .xRequestID }
        let name = bytes[line.name]
        guard line.id == .other, name.count == ownRequestIDName.count else { return false }
        return zip(name, ownRequestIDName).allSatisfy { ASCII.lower($0) == $1 }
    }

    /// The site's Strict-Transport-Security, unless the application has one of its own.
    func writeHSTS(_ exchange: Exchange, into out: ByteBuffer) {
        guard let line = exchange.hstsLine else { return }
        for field in exchange.responseHead.fields where field.id == .strictTransportSecurity { return }
        out.append(line.raw)
    }

    /// Whether a field of the trace context reaches the origin: a stranger's trace is not ours to continue, and
    /// without a valid `traceparent` its `tracestate` says nothing.
    func passesTrace(_ exchange: Exchange, _ id: FieldID, _ bytes: UnsafeRawBufferPointer) -> Bool {
        guard propagatesTrace, exchange.fixedConnection.use({ $0.peer.isTrusted }) else { return false }
        if id == .baggage { return true }
        let raw = bytes.bindMemory(to: UInt8.self)
        guard let context = TraceContext(exchange.head.fields, raw.span) else { return false }
        return id == .traceparent || context.hasFitState
    }
}
