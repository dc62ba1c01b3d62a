extension SettingsBuilder {
    mutating func buildHealth(_ block: Block, _ upstream: inout UpstreamSettings) {
        block.set("balance", &upstream.balance)
        if let item = block.first("passive") { buildPassive(item, &upstream.passive) }
        if let item = block.first("health") { upstream.health = healthCheck(item) }
    }

    /// `N in DURATION`, or `off`.
    private func buildPassive(_ item: Item, _ passive: inout PassiveHealthSettings) {
        let words = item.values.map(\.word)
        guard words.count > 1 else {
            if words.first?.text == "off" {
                passive.failures = 0
            } else if let word = words.first {
                log.error(
                    "E202", word.position, "passive needs a time", ["write: \(item.rule.syntax)"])
            }
            return
        }
        guard let count = Number.digits(words[0].bytes), (1...1_000).contains(count) else {
            _ = reader.wrong(words[0], "a number from 1 to 1000, or off")
            return
        }
        guard words[1].text == "in" else {
            _ = reader.unknownOption(words[1], ["in"])
            return
        }
        guard words.count == 3 else {
            log.error("E202", words[1].position, "\"in\" needs a time", ["write: \(item.rule.syntax)"])
            return
        }
        passive.failures = count
        if let window = duration(words[2], Limit.second...Limit.day) { passive.window = window }
    }

    private func healthCheck(_ item: Item) -> HealthCheckSettings? {
        let words = item.values.map(\.word)
        guard words.count >= 2 else { return nil }
        guard let target = target(words[1]) else { return nil }
        var check = HealthCheckSettings(method: words[0].text, target: target)
        var options = OptionReader(item, from: 2, log: log)
        while let option = options.next(["every", "timeout", "rise", "fall", "expect", "host"]) {
            switch option.text {
            case "rise": options.number(1...100, &check.rise)
            case "fall": options.number(1...100, &check.fall)
            default: if let word = options.word() { set(option.text, word, &check) }
            }
        }
        if check.timeout > check.every {
            log.error(
                "E205", item.position,
                "the timeout \(Number.durationText(check.timeout)) is longer than the time from one check to the next,"
                    + " \(Number.durationText(check.every))")
        }
        return check
    }

    private func set(_ option: String, _ word: Word, _ check: inout HealthCheckSettings) {
        switch option {
        case "every": if let time = duration(word, 100...Limit.day) { check.every = time }
        case "timeout": if let time = duration(word, 10...Limit.minute) { check.timeout = time }
        case "expect": if let range = statusRange(word) { check.expect = range }
        default: if let host = checkHost(word) { check.host = host }
        }
    }

    /// `/path?query` of visible ASCII characters.
    private func target(_ word: Word) -> String? {
        let isFit =
            word.bytes.first == UInt8(ascii: "/") && word.bytes.count <= 1_024
            && word.bytes.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "#") }
        if isFit { return word.text }
        _ = reader.wrong(word, "a path: /healthz")
        return nil
    }

    /// `200` or `200-399`.
    private func statusRange(_ word: Word) -> ClosedRange<Int>? {
        let ends = word.bytes.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
            .map { Number.digits(Array($0)) }
        if ends.count <= 2, let first = ends.first ?? nil, let last = ends.last ?? nil,
            (200...599).contains(first), (200...599).contains(last), first <= last
        {
            return first...last
        }
        _ = reader.wrong(word, "a status or a range of them from 200 to 599: 200 or 200-399")
        return nil
    }

    private func checkHost(_ word: Word) -> String? {
        do throws(EndpointText.Problem) {
            if case .tcp(let host, _) = try EndpointText.tcp(word.bytes, defaultPort: 80), !host.isEmpty {
                return word.text
            }
        } catch {}
        _ = reader.wrong(word, "the name of a host")
        return nil
    }

    private func duration(_ word: Word, _ range: ClosedRange<Int>) -> Int? {
        guard let value = Number.duration(word.bytes) else {
            _ = reader.wrong(word, "a duration with a unit: 250ms 30s 5m")
            return nil
        }
        if range.contains(value) { return value }
        _ = reader.wrong(
            word,
            "from \(Number.durationText(range.lowerBound)) to \(Number.durationText(range.upperBound))")
        return nil
    }
}
