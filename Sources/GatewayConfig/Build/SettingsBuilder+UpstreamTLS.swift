extension SettingsBuilder {
    func buildTLS(_ block: Block, _ upstream: inout UpstreamSettings) {
        if block.text("tls") == "on" {
            for index in upstream.servers.indices { upstream.servers[index].tls = true }
        }
        if let value = block.value("tls_ca") { upstream.tls.authorities = authorities(value) }
        if let word = block.value("tls_name")?.word { upstream.tls.name = serverName(word) }
        if let item = block.first("tls_cert"), let pair = certificate(item) {
            _ = inspect(pair, item)
            upstream.tls.certificate = pair
        }
        guard upstream.servers.contains(where: \.tls) else {
            for name in ["tls_ca", "tls_name", "tls_cert"] {
                guard let item = block.first(name) else { continue }
                log.error("E305", item.position, "\(name) needs TLS", ["write: tls on"])
            }
            return
        }
        guard upstream.tls.name == nil, !block.names.contains("tls_name") else { return }
        for (item, server) in zip(block.every("server"), upstream.servers) where server.tls {
            guard case .unix = server.endpoint else { continue }
            log.error(
                "E305", item.position, "a unix socket has no name that a certificate could be for",
                ["tls_name app.internal"])
        }
    }

    /// The authorities in a file; nil if that was reported.
    func authorities(_ value: Value) -> [UInt8]? {
        guard let bytes = file(value, "the authorities") else { return nil }
        if let trouble = source.inspect(authorities: bytes) {
            log.error("E401", value.word.position, "\(value.word.shown): \(trouble)")
        }
        return bytes
    }

    /// A host name or a literal address, in small letters, without brackets.
    private func serverName(_ word: Word) -> String? {
        let bytes = word.bytes
        let isName = bytes.allSatisfy { ASCII.isLetterOrDigit($0) || "-._:".utf8.contains($0) }
        guard isName, !bytes.isEmpty, bytes.count <= 253,
            !bytes.contains(UInt8(ascii: ":")) || Address.bytes(bytes) != nil
        else {
            _ = reader.wrong(word, "the name of a host, or an address without brackets and port")
            return nil
        }
        return word.text.lowercased()
    }
}
