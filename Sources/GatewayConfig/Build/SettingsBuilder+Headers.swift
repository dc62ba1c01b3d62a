extension SettingsBuilder {
    mutating func buildHeaders() {
        guard let block = top.first("headers")?.block else { return }
        set("user_id", of: block, &settings.headers.userID)
        set("name", of: block, &settings.headers.userName)
        set("roles", of: block, &settings.headers.roles)
        set("realm", of: block, &settings.headers.realm)
        set("session", of: block, &settings.headers.session)
        set("request_id", of: block, &settings.headers.requestID)
        block.set("forwarded", &settings.headers.forwarded)
        settings.headers.strip = block.all("strip").flatMap(\.values).map(\.text)
        settings.headers.keepSessionCookie = block.text("session_cookie") == "keep"
        checkTwice(block)
    }

    private func set(_ name: String, of block: Block, _ target: inout String?) {
        if let value = block.value(name) { target = value.isOff ? nil : value.text }
    }

    /// Names of the headers the gateway sets itself, in small letters.
    var ownHeaders: [(directive: String, header: String)] {
        let headers = settings.headers
        let pairs = [
            ("user_id", headers.userID), ("name", headers.userName), ("roles", headers.roles),
            ("realm", headers.realm), ("session", headers.session), ("request_id", headers.requestID),
        ]
        return pairs.compactMap { directive, header in header.map { (directive, $0.lowercased()) } }
    }

    private func checkTwice(_ block: Block) {
        var seen: [String: String] = [:]
        for (directive, header) in ownHeaders {
            if let earlier = seen[header] {
                let place = block.first(directive) ?? block.first(earlier)
                log.error(
                    "E204", place?.values.first?.word.position ?? place?.position,
                    "\(directive) and \(earlier) use the same header")
            }
            seen[header] = directive
        }
    }
}
