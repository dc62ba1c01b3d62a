/// Reads words by their rules, and says what is wrong with those that do not fit.
struct ValueReader {
    let log: DiagnosticLog

    /// Value of a word; nil if it was reported.
    func read(_ word: Word, _ rule: ValueRule, _ directive: DirectiveRule) -> Value? {
        switch rule {
        case .duration(let range, let off): return duration(word, range, off)
        case .size(let range, let off): return size(word, range, off)
        case .count(let range, let words): return count(word, range, words)
        case .choice(let words, let later): return choice(word, words, later, directive)
        case .onlyOff(let other): return onlyOff(word, other, directive)
        case .path: return path(word)
        case .uri: return visible(word, "a URL")
        case .headerText: return headerText(word)
        case .secret: return secret(word)
        case .word: return Value(word: word, kind: .text(word.text))
        case .name, .role, .header, .headerPattern, .cookieName, .method: return name(word, rule)
        case .urlPath, .pattern, .origin: return urlPart(word, rule)
        case .range, .listenAddress, .serverAddress, .adminAddress, .host: return address(word, rule)
        }
    }

    /// Reports a word of the wrong kind.
    func wrong(_ word: Word, _ expected: String, _ hints: [String] = []) -> Value? {
        log.error("E205", word.position, "\(word.shown) is not \(expected)", hints)
        return nil
    }

    /// Reports an option that does not exist.
    func unknownOption(_ word: Word, _ known: [String]) -> Value? {
        let near = word.isSecret ? nil : Suggestion.nearest(to: word.text, in: known)
        let message = "unknown option \(word.shown)"
        guard let near else {
            log.error("E203", word.position, message, ["known are: \(known.joined(separator: " "))"])
            return nil
        }
        let hints = ["did you mean \(Printable.quoted(near))?"]
        if word.isPlain {
            log.misspelt("E203", word.position, count: word.sourceCount, near, message, hints)
        } else {
            log.error("E203", word.position, message, hints)
        }
        return nil
    }

    private func duration(_ word: Word, _ range: ClosedRange<Int>, _ off: Bool) -> Value? {
        if off, word.text == "off" { return Value(word: word, kind: .off) }
        let zero = word.text == "0" ? 0 : nil
        guard let value = zero ?? Number.duration(word.bytes) else {
            return wrong(word, "a duration with a unit: 250ms 30s 5m 2h 30d\(off ? " (or 0/off)" : "")")
        }
        if off, value == 0 { return Value(word: word, kind: range.contains(0) ? .number(0) : .off) }
        guard range.contains(value) else {
            let (low, high) = (Number.durationText(range.lowerBound), Number.durationText(range.upperBound))
            return wrong(word, "from \(low) to \(high)")
        }
        return Value(word: word, kind: .number(value))
    }

    private func size(_ word: Word, _ range: ClosedRange<Int>, _ off: Bool) -> Value? {
        if off, word.text == "off" { return Value(word: word, kind: .off) }
        guard let value = Number.size(word.bytes) else {
            return wrong(word, "a size: 512 16k 10m 2g\(off ? " (or off)" : "")")
        }
        guard range.contains(value) else {
            let (low, high) = (Number.sizeText(range.lowerBound), Number.sizeText(range.upperBound))
            return wrong(word, "from \(low) to \(high)", off ? ["off: no limit"] : [])
        }
        return Value(word: word, kind: .number(value))
    }

    private func count(_ word: Word, _ range: ClosedRange<Int>, _ words: [String]) -> Value? {
        if words.contains(where: { $0.utf8.elementsEqual(word.bytes) }) {
            return Value(word: word, kind: .off)
        }
        guard let value = Number.digits(word.bytes), range.contains(value) else {
            let others = words.map { ", or \($0)" }.joined()
            return wrong(word, "a number from \(range.lowerBound) to \(range.upperBound)\(others)")
        }
        return Value(word: word, kind: .number(value))
    }

    private func choice(_ word: Word, _ words: [String], _ later: [String], _ directive: DirectiveRule)
        -> Value?
    {
        if words.contains(where: { $0.utf8.elementsEqual(word.bytes) }) {
            return Value(word: word, kind: .text(word.text))
        }
        if later.contains(where: { $0.utf8.elementsEqual(word.bytes) }) {
            log.notAvailable(word, of: directive.name)
            return nil
        }
        return unknownOption(word, words)
    }

    private func onlyOff(_ word: Word, _ other: ValueRule, _ directive: DirectiveRule) -> Value? {
        if word.text == "off" { return Value(word: word, kind: .off) }
        if case .duration = other, word.text == "0" { return Value(word: word, kind: .off) }
        if read(word, other, directive) != nil { log.notAvailable(word, of: directive.name) }
        return nil
    }

    private func path(_ word: Word) -> Value? {
        guard !word.bytes.isEmpty, !word.bytes.contains(where: { $0 < 0x20 }), word.bytes.count <= 4_096
        else {
            return wrong(word, "a path")
        }
        let path = FilePath.join(log.files[word.position.file].directory, word.text)
        return Value(word: word, kind: .text(path))
    }

    private func visible(_ word: Word, _ kind: String) -> Value? {
        let isFit = !word.bytes.isEmpty && word.bytes.count <= 4_096
        let isClean = word.bytes.allSatisfy { ASCII.isVisible($0) && !"\"<>\\^`{|}".utf8.contains($0) }
        guard isFit, isClean else {
            return wrong(word, kind, isClean ? [] : ["percent-encode spaces and everything outside of ASCII"])
        }
        return Value(word: word, kind: .text(word.text))
    }

    private func headerText(_ word: Word) -> Value? {
        let isClean = word.bytes.allSatisfy { $0 >= 0x20 && $0 != 0x7f || $0 == 0x09 }
        let blanks: [UInt8?] = [0x20, 0x09]
        let hasEdge = blanks.contains(word.bytes.first) || blanks.contains(word.bytes.last)
        guard isClean, !hasEdge, word.bytes.count <= 4_096 else {
            return wrong(word, "the value of a header: no control characters, no blanks at its ends")
        }
        return Value(word: word, kind: .text(word.text))
    }

    private func secret(_ word: Word) -> Value? {
        guard word.bytes.isEmpty else { return Value(word: word, kind: .text("")) }
        log.error("E205", word.position, "the secret is empty")
        return nil
    }
}
