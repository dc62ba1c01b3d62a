/// What a listener with TLS has certificates for.
struct ServedNames: Sendable {
    let position: Position
    /// Empty if one of its certificates could not be looked at.
    var facts: [CertificateFacts]
}

extension SettingsBuilder {
    private static let soonEnding = 14 * 86_400

    mutating func buildTLS(_ item: Item, _ listener: inout ListenerSettings) {
        let pairs = item.block.every("tls")
        guard let first = pairs.first else {
            if let minimum = item.block.first("min_tls"), minimum.values.first?.text != "1.2" {
                log.error(
                    "E305", minimum.position, "min_tls needs tls", ["for instance: tls cert.pem key.pem"])
            }
            return
        }
        var tls = TLSListenerSettings()
        var names = ServedNames(position: first.position, facts: [])
        var isKnown = true
        for pair in pairs {
            guard let certificate = certificate(pair) else {
                isKnown = false
                continue
            }
            tls.certificates.append(certificate)
            if let facts = inspect(certificate, pair) { names.facts.append(facts) } else { isKnown = false }
        }
        item.block.set("min_tls", &tls.minimum)
        listener.tls = tls
        if isKnown { served.append(names) }
    }

    func certificate(_ item: Item) -> CertificateSettings? {
        let values = item.values
        guard values.count == 2 else { return nil }
        guard let certificate = file(values[0], "the certificate"), let key = file(values[1], "the key")
        else {
            return nil
        }
        checkMode(values[1].text, values[1].word)
        return CertificateSettings(path: values[0].text, certificate: certificate, key: key)
    }

    func file(_ value: Value, _ what: String) -> [UInt8]? {
        switch source.read(path: value.text) {
        case .success(let bytes): return bytes
        case .failure(let error):
            let shown = value.word.isSecret ? secretPlaceholder : Printable.quoted(value.text)
            log.error("E401", value.word.position, "cannot read \(what) \(shown): \(error.message)")
            return nil
        }
    }

    /// What is known of the pair; nil if nobody looked, or something is wrong with it, which is reported.
    func inspect(_ pair: CertificateSettings, _ item: Item) -> CertificateFacts? {
        let words = item.values.map(\.word)
        switch source.inspect(certificate: pair.certificate, key: pair.key) {
        case nil: return nil
        case .failure(.certificate(let text))?:
            log.error("E401", words[0].position, "\(words[0].shown): \(text)")
            return nil
        case .failure(.key(let text))?:
            log.error("E401", words[1].position, "\(words[1].shown): \(text)")
            return nil
        case .success(let facts)?:
            checkTime(facts, words[0])
            return facts
        }
    }

    private func checkTime(_ facts: CertificateFacts, _ word: Word) {
        if facts.secondsLeft < 0 {
            log.error(
                "E401", word.position,
                "\(word.shown): the certificate has expired \(Self.days(-facts.secondsLeft)) ago")
        } else if facts.secondsAhead > 0 {
            log.error(
                "E401", word.position,
                "\(word.shown): the certificate is not valid yet; it will be in \(Self.days(facts.secondsAhead))"
            )
        } else if facts.secondsLeft < Self.soonEnding {
            log.warning(
                "W508", word.position, "the certificate \(word.shown) ends in \(Self.days(facts.secondsLeft))"
            )
        }
    }

    private static func days(_ seconds: Int) -> String {
        if seconds < 3_600 { return "less than an hour" }
        let (count, unit) = seconds < 2 * 86_400 ? (seconds / 3_600, "hour") : (seconds / 86_400, "day")
        return "\(count) \(unit)\(count == 1 ? "" : "s")"
    }

    /// Every host of a site has a certificate, or can be reached without one.
    func checkCertificateNames() {
        guard let first = served.first, served.count == settings.listeners.count(where: { $0.tls != nil })
        else {
            return
        }
        let facts = served.flatMap(\.facts)
        let isPlainToo = top.every("listen").contains {
            !$0.block.names.contains("tls") && !$0.block.names.contains("redirect")
        }
        for item in top.every("site") {
            for value in item.values where value.text != "*" {
                if facts.contains(where: { $0.covers(value.text) }) { continue }
                report(value, first, facts, isPlainToo: isPlainToo)
            }
        }
    }

    private func report(
        _ host: Value, _ listener: ServedNames, _ facts: [CertificateFacts], isPlainToo: Bool
    ) {
        let place = log.place(listener.position, from: host.word.position)
        let names = facts.flatMap(\.names)
        let some = names.isEmpty ? "no name" : names.prefix(8).joined(separator: ", ")
        let message = "no certificate covers \(host.word.shown)"
        let hints = ["those of \(place) are for: \(some)\(names.count > 8 ? ", ..." : "")"]
        guard isPlainToo else {
            log.error("E403", host.word.position, message, hints)
            return
        }
        log.warning("W520", host.word.position, message + "; over https browsers turn it away", hints)
    }
}
