import HTTP1
import HTTPCore
import Transport

extension ForwardingRules {
    /// The head for the client, made from parsed parts of the origin's.
    func writeResponse(
        _ exchange: Exchange, _ bytes: UnsafeRawBufferPointer, _ framing: BodyFraming, into out: ByteBuffer
    ) {
        out.append(StatusLine.bytes(for: exchange.status))
        if exchange.clearsCookie { exchange.writeClearedCookie(into: out) }
        var hasDate = false
        let isPersonal = exchange.identity.isPresent
        var isKeptFromOthers = false
        for index in exchange.responseHead.fields.indices {
            let line = exchange.responseHead.fields[index]
            switch line.id {
            case .connection, .keepAlive, .proxyConnection, .te, .transferEncoding, .upgrade, .trailer,
                .contentLength, .http2Settings:
                continue
            case .xRequestID: if requestIDLine != nil && !hasOwnRequestIDName { continue }
            case .setCookie: if isOurCookie(bytes, line) { continue }
            case .other where hasOwnRequestIDName:
                if isRequestID(line, bytes) || line.isHopByHop && !isKept(bytes, line) { continue }
            case .date: hasDate = true
            case .cacheControl:
                if isPersonal && !isKeptFromOthers {
                    isKeptFromOthers = CachePolicy.saysWhoMayKeep(
                        bytes.bindMemory(to: UInt8.self).span, line.value)
                }
            default: if line.isHopByHop && !isKept(bytes, line) { continue }
            }
            write(
                UnsafeRawBufferPointer(rebasing: bytes[line.name]),
                UnsafeRawBufferPointer(rebasing: bytes[line.value]), into: out)
        }
        if !hasDate {
            out.append("Date: ")
            out.append(exchange.worker.dateText())
            out.append("\r\n")
        }
        // A shared cache must not hand one user's answer to another.
        if isPersonal && !isKeptFromOthers { out.append("Cache-Control: private\r\n") }
        writeHSTS(exchange, into: out)
        writeRequestID(exchange, into: out)
        writeFraming(exchange, framing, into: out)
        if exchange.closesAfterResponse { out.append("Connection: close\r\n") }
        out.append("\r\n")
    }

    private func writeRequestID(_ exchange: Exchange, into out: ByteBuffer) {
        guard let requestIDLine else { return }
        out.append(requestIDLine.raw)
        exchange.writeRequestID(into: out)
        out.append("\r\n")
    }

    /// RFC 9110, 8.6: no length on 204; for HEAD and 304 the origin's length is what it would have been.
    private func writeFraming(_ exchange: Exchange, _ framing: BodyFraming, into out: ByteBuffer) {
        switch framing {
        case .length(let length): writeLength(length, into: out)
        case .none:
            if exchange.status == 204 || exchange.status < 200 { return }
            if let length = exchange.responseHead.contentLength {
                writeLength(length, into: out)
            } else if exchange.head.method != .head && exchange.status != 304 {
                writeLength(0, into: out)
            }
        case .chunked, .untilClose:
            if exchange.isResponseChunked { out.append("Transfer-Encoding: chunked\r\n") }
        }
    }

    private func writeLength(_ length: Int, into out: ByteBuffer) {
        out.append("Content-Length: ")
        out.append(decimal: length)
        out.append("\r\n")
    }

    /// `Connection` may not take these from the client's view of an answer.
    private func isKept(_ bytes: UnsafeRawBufferPointer, _ line: FieldLine) -> Bool {
        let name = UnsafeRawBufferPointer(rebasing: bytes[line.name])
        return Self.keptNames.contains(name)
    }

    private static let keptNames = ProtectedNames([
        "Content-Security-Policy", "Strict-Transport-Security", "X-Content-Type-Options", "X-Frame-Options",
        "Cross-Origin-Opener-Policy", "Cross-Origin-Resource-Policy", "Cross-Origin-Embedder-Policy",
        "Referrer-Policy", "Permissions-Policy", "Content-Type", "Content-Encoding", "WWW-Authenticate",
        "Location", "Access-Control-*", "Vary",
    ])

    /// An origin that sets a cookie of ours could fix or end a session.
    private func isOurCookie(_ bytes: UnsafeRawBufferPointer, _ line: FieldLine) -> Bool {
        let value = bytes[line.value]
        for name in cookieNames {
            guard value.count > name.count, value.starts(with: name) else { continue }
            var next = value.startIndex + name.count
            while next < value.endIndex && (value[next] == 0x20 || value[next] == 0x09) { next += 1 }
            if next < value.endIndex && value[next] == UInt8(ascii: "=") { return true }
        }
        return false
    }

    /// 102, 103 and the like: their fields, no framing (D5).
    func writeInformational(
        _ head: borrowing ResponseHead, _ bytes: UnsafeRawBufferPointer, into out: ByteBuffer
    ) {
        out.append(StatusLine.bytes(for: head.status))
        for line in head.fields {
            switch line.id {
            case .connection, .keepAlive, .proxyConnection, .te, .transferEncoding, .upgrade, .trailer,
                .contentLength, .setCookie:
                continue
            default: if line.isHopByHop { continue }
            }
            write(
                UnsafeRawBufferPointer(rebasing: bytes[line.name]),
                UnsafeRawBufferPointer(rebasing: bytes[line.value]), into: out)
        }
        out.append("\r\n")
    }

    /// The 101 that opens a tunnel.
    func writeSwitching(_ exchange: Exchange, _ bytes: UnsafeRawBufferPointer, into out: ByteBuffer) {
        out.append("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n")
        for line in exchange.responseHead.fields {
            switch line.id {
            case .connection, .keepAlive, .proxyConnection, .te, .transferEncoding, .upgrade, .trailer,
                .contentLength:
                continue
            case .setCookie: if isOurCookie(bytes, line) { continue }
            default: if line.isHopByHop { continue }
            }
            write(
                UnsafeRawBufferPointer(rebasing: bytes[line.name]),
                UnsafeRawBufferPointer(rebasing: bytes[line.value]), into: out)
        }
        writeRequestID(exchange, into: out)
        out.append("\r\n")
    }
}
