extension SettingsBuilder {
    mutating func buildUpstreams() {
        for (name, item) in upstreams.items {
            var upstream = UpstreamSettings(name: name)
            let block = item.block
            upstream.servers = block.every("server").compactMap(server)
            block.set("keepalive", &upstream.keepalive)
            block.set("connect_timeout", &upstream.connectTimeout)
            block.set("response_timeout", &upstream.responseTimeout)
            block.set("idle_timeout", &upstream.idleTimeout)
            block.set("retry", &upstream.retry)
            block.set("max_connections", &upstream.maxConnections)
            if let host = block.first("host") { buildHost(host, &upstream) }
            buildTLS(block, &upstream)
            buildHealth(block, &upstream)
            checkServers(block, upstream)
            settings.upstreams.append(upstream)
        }
    }

    private func server(_ item: Item) -> UpstreamSettings.Server? {
        var weight = 1
        var isBackup = false
        var hasTLS = false
        var options = OptionReader(item, from: 1, log: log)
        while let option = options.next(["weight", "backup", "tls"]) {
            if option.text == "weight" { options.number(1...1_000, &weight) }
            if option.text == "backup" { isBackup = true }
            if option.text == "tls" { hasTLS = true }
        }
        guard let endpoint = (item.partial.first ?? nil)?.endpoint else { return nil }
        var server = UpstreamSettings.Server(endpoint: endpoint)
        server.weight = weight
        server.backup = isBackup
        server.tls = hasTLS
        return server
    }

    private func checkServers(_ block: Block, _ upstream: UpstreamSettings) {
        var seen: Set<Endpoint> = []
        for item in block.every("server") {
            guard let value = item.partial.first ?? nil, let endpoint = value.endpoint else { continue }
            if !seen.insert(endpoint).inserted {
                log.error(
                    "E204", value.word.position, "server \(value.word.shown) is given twice",
                    ["to give it more: weight 2"])
            }
        }
        if !upstream.servers.isEmpty, upstream.servers.allSatisfy(\.backup), let first = block.first("server")
        {
            log.error("E305", first.position, "backup needs a server to stand in for")
        }
    }

    /// `preserve`, `upstream`, or a name; `upstream NAME` is another way to write the last.
    private func buildHost(_ item: Item, _ upstream: inout UpstreamSettings) {
        let words = item.values.map(\.word)
        if words.count == 1, words[0].text == "preserve" { return }
        if words.count == 1, words[0].text == "upstream" {
            upstream.host = .upstream
            return
        }
        guard words.count == 1 || words[0].text == "upstream" else {
            log.error(
                "E208", words[1].position, "too many values for \"host\"", ["write: \(item.rule.syntax)"])
            return
        }
        let word = words[words.count - 1]
        do throws(EndpointText.Problem) {
            guard case .tcp(let host, _) = try EndpointText.tcp(word.bytes, defaultPort: 80), !host.isEmpty
            else {
                throw EndpointText.Problem()
            }
            upstream.host = .fixed(word.text)
        } catch {
            _ = reader.wrong(word, "preserve, upstream or the name of a host")
        }
    }
}
