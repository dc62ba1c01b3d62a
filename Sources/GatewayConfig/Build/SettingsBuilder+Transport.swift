extension SettingsBuilder {
    /// Browsers drop a Secure cookie that comes over plain http, except on their own machine.
    func checkTransport() {
        guard settings.trustedProxies.isEmpty else { return }
        let item = top.every("listen").first { item in
            guard let endpoint = (item.partial.first ?? nil)?.endpoint, case .tcp(let host, _) = endpoint,
                item.block.names.isDisjoint(with: ["tls", "redirect"])
            else {
                return false
            }
            return !Self.isLocal(host)
        }
        guard let item, let realm = exposedRealm() else { return }
        log.warning(
            "W501", item.position,
            "plain http, hosts that are not local, and no trust_proxy: browsers will drop the cookie",
            [
                "behind a proxy that ends TLS: trust_proxy and its address",
                "without one: cookie_secure off in realm \(realm)",
            ])
    }

    private func exposedRealm() -> String? {
        for site in settings.sites where !site.hosts.allSatisfy(Self.isLocal) {
            let used = ([site.realm] + site.routes.map(\.realm)).compactMap { $0 }
            if let realm = used.first(where: { settings.realms[$0].cookieSecure }) {
                return settings.realms[realm].name
            }
        }
        return nil
    }

    private static func isLocal(_ host: String) -> Bool {
        if host == "localhost" || host.hasSuffix(".localhost") || host == "[::1]" { return true }
        guard let bytes = Address.bytes(Array(host.utf8)) else { return false }
        let isVersion4 = bytes.prefix(10).allSatisfy { $0 == 0 } && bytes[10] == 0xff && bytes[11] == 0xff
        return isVersion4 ? bytes[12] == 127 : bytes.dropLast().allSatisfy { $0 == 0 } && bytes[15] == 1
    }
}
