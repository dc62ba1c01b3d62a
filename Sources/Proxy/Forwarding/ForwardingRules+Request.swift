import GatewayConfig
import HTTP1
import HTTPCore
import Sessions
import Transport

extension ForwardingRules {
    /// The head for the origin, made from parsed parts: nothing of it is copied as it came but values.
    func writeRequest(_ exchange: Exchange, into out: ByteBuffer) {
        let bytes = exchange.headBytes
        writeRequestLine(exchange, bytes, into: out)
        writeHost(exchange, bytes, into: out)
        writeFields(exchange, bytes, into: out)
        writeFraming(exchange, into: out)
        writeForwarded(exchange, bytes, into: out)
        out.append("Via: 1.1 gatehouse\r\n")
        if let requestIDLine {
            out.append(requestIDLine.raw)
            exchange.writeRequestID(into: out)
            out.append("\r\n")
        }
        if exchange.head.upgradesToWebSocket { out.append("Connection: Upgrade\r\nUpgrade: websocket\r\n") }
        exchange.fixedRoute?.use { for line in $0.headerLines { out.append(line) } }
        writeIdentity(exchange, into: out)
        out.append("\r\n")
    }

    private func writeRequestLine(_ exchange: Exchange, _ bytes: UnsafeRawBufferPointer, into out: ByteBuffer)
    {
        out.append(UnsafeRawBufferPointer(rebasing: bytes[exchange.head.methodRange]))
        out.append(UInt8(ascii: " "))
        if let rewritten = exchange.rewrittenPath {
            out.append(rewritten)
        } else if exchange.hasCanonicalPath {
            out.append(exchange.canonicalPath)
        } else {
            out.append(UnsafeRawBufferPointer(rebasing: bytes[exchange.head.path]))
        }
        if let query = exchange.head.query {
            out.append(UInt8(ascii: "?"))
            out.append(UnsafeRawBufferPointer(rebasing: bytes[query]))
        }
        out.append(" HTTP/1.1\r\nHost: ")
    }

    private func writeHost(_ exchange: Exchange, _ bytes: UnsafeRawBufferPointer, into out: ByteBuffer) {
        switch exchange.fixedGroup?.use({ $0.settings.host }) ?? .preserve {
        // An HTTP/1.0 request may come without a Host; the origin must get one.
        case .preserve where exchange.head.host.isEmpty:
            out.append(text: exchange.fixedServer?.use { $0.label } ?? "")
        case .preserve: out.append(UnsafeRawBufferPointer(rebasing: bytes[exchange.head.host]))
        case .upstream: out.append(text: exchange.fixedServer?.use { $0.label } ?? "")
        case .fixed(let name): out.append(text: name)
        }
        out.append("\r\n")
    }

    private func writeFields(_ exchange: Exchange, _ bytes: UnsafeRawBufferPointer, into out: ByteBuffer) {
        var hasCookies = false
        // By index: an array that is gone through is counted.
        for index in exchange.head.fields.indices {
            let line = exchange.head.fields[index]
            switch line.id {
            case .host, .connection, .contentLength, .transferEncoding, .expect, .te, .trailer, .keepAlive,
                .proxyConnection, .upgrade, .http2Settings, .proxyAuthorization, .forwarded, .xForwardedFor,
                .xForwardedProto, .xForwardedHost, .xRequestID:
                continue
            case .cookie:
                hasCookies = true
                continue
            case .traceparent, .tracestate, .baggage:
                if !passesTrace(exchange, line.id, bytes) { continue }
            case .authorization where takesBearer:
                let value = UnsafeRawBufferPointer(rebasing: bytes[line.value])
                if BearerToken.ticket(in: value) != nil { continue }
            case .maxForwards where exchange.head.method == .options:
                writeMaxForwards(exchange, into: out)
                continue
            default: break
            }
            if line.isHopByHop || line.hasUnderscoreOrDot { continue }
            let name = UnsafeRawBufferPointer(rebasing: bytes[line.name])
            if isStripped(name) || exchange.fixedRoute?.use({ $0.setNames?.contains(name) }) == true {
                continue
            }
            write(name, UnsafeRawBufferPointer(rebasing: bytes[line.value]), into: out)
        }
        if hasCookies { writeCookies(exchange, bytes, into: out) }
    }

    private func writeMaxForwards(_ exchange: Exchange, into out: ByteBuffer) {
        guard let hops = exchange.head.maxForwards else { return }
        out.append("Max-Forwards: ")
        out.append(decimal: max(hops - 1, 0))
        out.append("\r\n")
    }

    func write(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, into out: ByteBuffer) {
        out.append(name)
        out.append(": ")
        out.append(value)
        out.append("\r\n")
    }

    /// Our cookies are taken out, the others stay byte for byte and in order.
    private func writeCookies(_ exchange: Exchange, _ bytes: UnsafeRawBufferPointer, into out: ByteBuffer) {
        for index in exchange.head.fields.indices where exchange.head.fields[index].id == .cookie {
            let line = exchange.head.fields[index]
            let value = UnsafeRawBufferPointer(rebasing: bytes[line.value])
            if keepsSessionCookie {
                out.append("Cookie: ")
                out.append(value)
                out.append("\r\n")
                continue
            }
            let before = out.count
            out.append("Cookie: ")
            if CookieFilter.write(value, without: cookieNames, into: out) {
                out.append("\r\n")
            } else {
                out.truncate(to: before)
            }
        }
    }

    private func writeFraming(_ exchange: Exchange, into out: ByteBuffer) {
        if exchange.head.isChunked {
            out.append("Transfer-Encoding: chunked\r\n")
        } else if let length = exchange.head.contentLength {
            out.append("Content-Length: ")
            out.append(decimal: length)
            out.append("\r\n")
        }
    }

    /// Rebuilt; what the client sent counts only if it is a trusted proxy.
    private func writeForwarded(_ exchange: Exchange, _ bytes: UnsafeRawBufferPointer, into out: ByteBuffer) {
        if forwarded == .off { return }
        if forwarded != .rfc7239 {
            out.append("X-Forwarded-For: ")
            if exchange.fixedConnection.use({ $0.peer.isTrusted }) && exchange.head.mayHave(.xForwardedFor) {
                for line in exchange.head.fields where line.id == .xForwardedFor && !line.value.isEmpty {
                    out.append(UnsafeRawBufferPointer(rebasing: bytes[line.value]))
                    out.append(", ")
                }
            }
            exchange.fixedConnection.use { out.append($0.peer.text) }
            out.append("\r\nX-Forwarded-Proto: ")
            out.append(exchange.schemeText)
            out.append("\r\nX-Forwarded-Host: ")
            out.append(exchange.forwardedHost)
            out.append("\r\n")
        }
        if forwarded != .x { writeRFC7239(exchange, bytes, into: out) }
    }

    /// RFC 7239: an IPv6 address is bracketed and quoted (section 6).
    private func writeRFC7239(_ exchange: Exchange, _ bytes: UnsafeRawBufferPointer, into out: ByteBuffer) {
        let peer = exchange.connection.peer
        out.append("Forwarded: ")
        if peer.isTrusted {
            for line in exchange.head.fields where line.id == .forwarded && !line.value.isEmpty {
                out.append(UnsafeRawBufferPointer(rebasing: bytes[line.value]))
                out.append(", ")
            }
        }
        if peer.isUnix {
            out.append("for=unknown")
        } else if peer.text.contains(UInt8(ascii: ":")) {
            out.append("for=\"[")
            out.append(peer.text)
            out.append("]\"")
        } else {
            out.append("for=")
            out.append(peer.text)
        }
        out.append(";host=\"")
        out.append(exchange.forwardedHost)
        out.append("\";proto=")
        out.append(exchange.schemeText)
        out.append("\r\n")
    }

    /// Last, once, and only from the session.
    func writeIdentity(_ exchange: Exchange, into out: ByteBuffer) {
        guard exchange.identity.isPresent else { return }
        let view = exchange.identity.view
        let record = exchange.identity.record.readable
        if let userIDLine { write(line: userIDLine, view.userID.bytes(in: record), into: out) }
        if let userNameLine { write(line: userNameLine, view.name.bytes(in: record), into: out) }
        if let rolesLine, view.roleCount > 0 {
            out.append(rolesLine.raw)
            var isFirst = true
            view.forEachRole(in: record) { role in
                if !isFirst { out.append(",") }
                isFirst = false
                out.append(role)
            }
            out.append("\r\n")
        }
        if let sessionLine { write(line: sessionLine, view.handle.bytes(in: record), into: out) }
        if let realmLine, let realm = exchange.fixedRealm {
            write(line: realmLine, realm.use { $0.fixedName.raw }, into: out)
        }
    }

    private func write(line: FixedBytes, _ value: UnsafeRawBufferPointer, into out: ByteBuffer) {
        out.append(line.raw)
        out.append(value)
        out.append("\r\n")
    }
}
