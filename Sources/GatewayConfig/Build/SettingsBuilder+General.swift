extension SettingsBuilder {
    mutating func buildState(_ override: String?) {
        let beside = FilePath.join(FilePath.directory(of: settings.path), "state")
        // systemd separates several directories with colons.
        let given = source.environment("STATE_DIRECTORY")?.utf8.split(separator: UInt8(ascii: ":")).first
        let system = given.flatMap { String($0) }
        settings.stateDirectory = override ?? top.text("state") ?? system ?? beside
    }

    mutating func buildListeners() {
        var seen: [Endpoint: Position] = [:]
        for item in top.every("listen") {
            guard let value = item.partial.first ?? nil, let endpoint = value.endpoint else { continue }
            if let earlier = seen[endpoint] {
                log.error(
                    "E204", value.word.position, "\(value.word.shown) is listened on twice",
                    ["the first is in \(log.place(earlier, from: item.position))"])
            }
            seen[endpoint] = seen[endpoint] ?? item.position
            var listener = ListenerSettings(endpoint: endpoint)
            item.block.set("backlog", &listener.backlog)
            checkProtocols(item)
            buildTLS(item, &listener)
            buildRedirect(item, &listener)
            buildProxyProtocol(item, &listener)
            settings.listeners.append(listener)
        }
        buildAdmin()
    }

    private mutating func buildAdmin() {
        guard let value = top.value("admin"), let endpoint = value.endpoint else { return }
        settings.admin = endpoint
        guard case .tcp(let host, _) = endpoint else { return }
        if settings.listeners.contains(where: { $0.endpoint == endpoint }) {
            log.error(
                "E204", value.word.position, "\(value.word.shown) is listened on twice", ["listen has it too"]
            )
        }
        guard Self.isPublic(host) else { return }
        log.warning(
            "W502", value.word.position, "whoever reaches \(value.word.shown) reads metrics and status",
            ["use 127.0.0.1, an address of a private network, or a unix socket"])
    }

    /// An address that is neither this machine's own nor of a private network (RFC 1918, 4193, 3927, 4291, 6598), or
    /// every address. What a name stands for is not known here.
    private static func isPublic(_ host: String) -> Bool {
        if host.isEmpty { return true }
        guard let bytes = Address.bytes(Array(host.utf8)) else { return false }
        guard bytes.prefix(10).allSatisfy({ $0 == 0 }), bytes[10] == 0xff, bytes[11] == 0xff else {
            let isLoopback = bytes.dropLast().allSatisfy { $0 == 0 } && bytes[15] == 1
            return !isLoopback && bytes[0] & 0xfe != 0xfc && !(bytes[0] == 0xfe && bytes[1] & 0xc0 == 0x80)
        }
        switch (bytes[12], bytes[13]) {
        case (127, _), (10, _), (172, 16...31), (192, 168), (169, 254), (100, 64...127): return false
        default: return true
        }
    }

    mutating func buildGeneral() {
        for value in top.first("trust_proxy")?.values ?? [] {
            guard let range = value.range else { continue }
            settings.trustedProxies.append(range)
            let isAll = range.prefixLength == 0 || range.prefixLength == 96 && range.bytes[10] == 0xff
            guard isAll else { continue }
            log.warning(
                "W512", value.word.position, "every client can choose its own address",
                ["name the addresses of your proxies only"])
        }
        if let block = top.first("trace")?.block {
            settings.propagatesTrace = block.text("propagate") != "off"
        }
        if let workers = top.value("workers") { settings.workers = workers.number }
        if let endpoints = top.text("endpoints") { settings.endpoints = endpoints }
        if let base = top.value("problem_base") {
            if base.word.bytes.contains(UInt8(ascii: ":")) {
                settings.problemBase = base.text
            } else {
                _ = reader.wrong(base.word, "a URL with its scheme: urn:example:problem: or https://...")
            }
        }
    }

    mutating func buildLog() {
        guard let block = top.first("log")?.block else {
            overrideLevel()
            return
        }
        block.set("format", &settings.log.format)
        block.set("level", &settings.log.level)
        block.set("query", &settings.log.query)
        block.set("client_ip", &settings.log.clientAddress)
        settings.log.exclude = block.all("exclude").flatMap(\.values).compactMap(\.pattern)
        if let word = block.value("access")?.word { buildAccess(word) }
        overrideLevel()
    }

    private mutating func buildAccess(_ word: Word) {
        switch word.text {
        case "on": settings.log.access = .on
        case "off": settings.log.access = .off
        case "errors": settings.log.access = .errors
        default:
            // A path has a slash: `access of` is a slip and no file.
            guard word.bytes.contains(UInt8(ascii: "/")), !word.bytes.contains(where: { $0 < 0x20 }) else {
                _ = reader.unknownOption(word, ["on", "off", "errors", "./FILE"])
                return
            }
            let path = FilePath.join(log.files[word.position.file].directory, word.text)
            settings.log.access = .file(path: path)
        }
    }

    private mutating func overrideLevel() {
        guard let text = source.environment("GATEHOUSE_LOG_LEVEL"), !text.isEmpty else { return }
        guard let level = LogSettings.Level(rawValue: text) else {
            let known = LogSettings.Level.allCases.map(\.rawValue).joined(separator: " ")
            log.error(
                "E203", nil,
                "environment variable GATEHOUSE_LOG_LEVEL: unknown level \(Printable.quoted(text))",
                ["known are: \(known)"])
            return
        }
        settings.log.level = level
    }

    mutating func buildLimits() {
        if let block = top.first("limits")?.block {
            block.set("connections", &settings.limits.connections)
            block.set("connections_per_ip", &settings.limits.connectionsPerAddress)
            block.set("header_size", &settings.limits.headerSize)
            block.set("header_count", &settings.limits.headerCount)
            block.set("uri", &settings.limits.uri)
            block.set("body", &settings.limits.body)
            block.set("form_body", &settings.limits.formBody)
            block.set("websockets", &settings.limits.websockets)
            block.set("hash_queue", &settings.limits.hashQueue)
        }
        if let block = top.first("timeouts")?.block {
            block.set("tls", &settings.timeouts.tls)
            block.set("header", &settings.timeouts.header)
            block.set("body_idle", &settings.timeouts.bodyIdle)
            block.set("write_idle", &settings.timeouts.writeIdle)
            block.set("keepalive", &settings.timeouts.keepalive)
            block.set("websocket_idle", &settings.timeouts.websocketIdle)
        }
        if let block = top.first("shutdown")?.block {
            block.set("delay", &settings.shutdown.delay)
            block.set("grace", &settings.shutdown.grace)
        }
    }
}
