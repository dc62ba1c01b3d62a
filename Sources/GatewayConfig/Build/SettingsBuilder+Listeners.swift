/// What a listener does besides accepting.
extension SettingsBuilder {
    func checkProtocols(_ item: Item) {
        guard let values = item.block.first("protocols")?.values, values.count > 1 else { return }
        for (index, value) in values.enumerated()
        where values[..<index].contains(where: { $0.text == value.text }) {
            log.error("E204", value.word.position, "\(value.word.shown) is given twice")
        }
    }

    func buildRedirect(_ item: Item, _ listener: inout ListenerSettings) {
        guard let redirect = item.block.first("redirect") else { return }
        listener.redirect = redirect.values.count > 1 ? Number.digits(redirect.values[1].word.bytes) : 308
        for other in item.block.items where other.rule.name != "redirect" {
            log.error(
                "E307", other.position, "\(other.rule.name) beside redirect",
                ["a listener that redirects does nothing else"])
        }
    }

    func buildProxyProtocol(_ item: Item, _ listener: inout ListenerSettings) {
        guard let mode = item.block.first("proxy_protocol") else { return }
        item.block.set("proxy_protocol", &listener.proxyProtocol)
        guard listener.proxyProtocol != .off else { return }
        if !top.names.contains("trust_proxy"), !isIncomplete {
            log.error(
                "E305", mode.position, "proxy_protocol needs trust_proxy: only from there a header counts",
                ["for instance, at the top level: trust_proxy 10.0.0.0/8"])
        }
        if case .unix = listener.endpoint {
            log.error(
                "E305", mode.position,
                "proxy_protocol on a unix socket: nobody there has an address to trust",
                ["let the proxy connect to an address, for instance listen 127.0.0.1:8080"])
        }
    }
}
