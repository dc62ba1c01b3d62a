extension SettingsBuilder {
    mutating func buildRedis() {
        guard let item = top.every("redis").first else { return }
        if let word = item.values.first?.word { buildRedisServer(word) }
        let block = item.block
        block.set("timeout", &settings.redis.timeout)
        block.set("connect_timeout", &settings.redis.connectTimeout)
        block.set("connections", &settings.redis.connections)
        block.set("retry_after", &settings.redis.retryAfter)
        if let prefix = block.text("prefix") { settings.redis.prefix = prefix }
        if let outage = block.first("outage"), outage.values.count > 1 {
            log.error("E208", outage.values[1].word.position, "outage reject takes no value")
        }
        guard let password = block.first("password"), let word = password.values.first?.word else { return }
        if item.values.first?.text == "managed" {
            log.error(
                "E305", password.position, "password needs the URL of a Redis",
                ["the managed one can be reached by the gateway only"])
        }
        settings.redis.password = Secret(bytes: word.bytes, path: word.path)
    }

    private mutating func buildRedisServer(_ word: Word) {
        if word.text == "managed" {
            settings.redis.server = .managed
            return
        }
        do throws(RedisURL.Problem) {
            let url = try RedisURL(word.bytes, directory: log.files[word.position.file].directory)
            settings.redis.server = .external(url.endpoint)
            settings.redis.user = url.user
            settings.redis.database = url.database
        } catch .password {
            log.mask(word)
            log.error(
                "E405", word.position, "the URL carries a password",
                ["take it out, and add a block: { password ${file:/run/secrets/redis_password} }"])
        } catch .laterScheme(let scheme) {
            log.error("E212", word.position, "redis \(scheme):// is not available in this version")
        } catch {
            // What looks like a URL may have a password in any of its parts.
            if word.bytes.contains(UInt8(ascii: "@")) || word.text.utf8.split(separator: 0x3a).count > 2 {
                log.mask(word)
            }
            _ = reader.wrong(
                word, "managed, redis://[user@]host:port/db or unix:///path?db=0",
                error == .relativePath ? ["the path of a socket starts with a slash: unix:///path"] : [])
        }
    }
}

/// `redis://[user@]host[:port][/db]` or `unix:///path[?db=0]`.
struct RedisURL {
    enum Problem: Error, Equatable {
        case password
        case laterScheme(String)
        case relativePath
        case other
    }

    private(set) var endpoint: Endpoint
    private(set) var user: String?
    private(set) var database = 0

    init(_ text: [UInt8], directory: String) throws(Problem) {
        guard let (scheme, rest) = Self.splitScheme(text) else { throw .other }
        switch scheme {
        case "redis":
            endpoint = .tcp(host: "", port: 6_379)
            try readTCP(rest)
        case "unix":
            endpoint = .unix(path: "")
            try readSocket(rest)
        case "rediss", "redis+sentinel", "redis+cluster": throw .laterScheme(scheme)
        default: throw .other
        }
    }

    private static func splitScheme(_ text: [UInt8]) -> (String, ArraySlice<UInt8>)? {
        guard let colon = text.firstIndex(of: UInt8(ascii: ":")),
            text[colon...].starts(with: Array("://".utf8))
        else { return nil }
        return (String(decoding: text[..<colon], as: UTF8.self), text[(colon + 3)...])
    }

    private mutating func readTCP(_ text: ArraySlice<UInt8>) throws(Problem) {
        // The last @, so that one within a password cannot make the rest of it a host name.
        var rest = text
        if let at = text.lastIndex(of: UInt8(ascii: "@")) {
            let name = text[..<at]
            if name.contains(UInt8(ascii: ":")) { throw .password }
            guard !name.isEmpty, name.allSatisfy(ASCII.isVisible), !name.contains(UInt8(ascii: "/")) else {
                throw .other
            }
            user = String(decoding: name, as: UTF8.self)
            rest = text[(at + 1)...]
        }
        let slash = rest.firstIndex(of: UInt8(ascii: "/")) ?? rest.endIndex
        do throws(EndpointText.Problem) {
            endpoint = try EndpointText.tcp(Array(rest[..<slash]), defaultPort: 6_379)
        } catch { throw .other }
        guard case .tcp(let host, _) = endpoint, !host.isEmpty else { throw .other }
        if slash < rest.endIndex, slash + 1 < rest.endIndex { try readDatabase(rest[(slash + 1)...]) }
    }

    private mutating func readSocket(_ text: ArraySlice<UInt8>) throws(Problem) {
        let mark = text.firstIndex(of: UInt8(ascii: "?")) ?? text.endIndex
        let path = text[..<mark]
        guard path.first == UInt8(ascii: "/") else { throw .relativePath }
        guard path.count > 1, !path.contains(where: { $0 < 0x20 }) else { throw .other }
        endpoint = .unix(path: String(decoding: path, as: UTF8.self))
        guard mark < text.endIndex else { return }
        let query = text[(mark + 1)...]
        guard query.starts(with: Array("db=".utf8)) else { throw .other }
        try readDatabase(query.dropFirst(3))
    }

    private mutating func readDatabase(_ text: ArraySlice<UInt8>) throws(Problem) {
        guard let number = Number.digits(text), number <= 65_535 else { throw .other }
        database = number
    }
}
