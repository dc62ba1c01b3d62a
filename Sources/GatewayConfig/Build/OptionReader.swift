/// Reads options behind the fixed words of a directive: `weight 2 backup`.
struct OptionReader {
    private let words: [Word]
    private let name: String
    private let log: DiagnosticLog
    private var index: Int
    private var seen: Set<String> = []

    /// Options of `item` from word `first` (0 is the one behind the name) on. Words that were reported end them.
    init(_ item: Item, from first: Int, log: DiagnosticLog) {
        words = item.partial.dropFirst(first).prefix { $0 != nil }.compactMap { $0?.word }
        name = item.rule.name
        self.log = log
        index = 0
    }

    /// The next known option; nil at the end and after an unknown one.
    mutating func next(_ known: [String], later: [String] = []) -> Word? {
        guard index < words.count else { return nil }
        let word = words[index]
        index += 1
        if later.contains(word.text) {
            log.notAvailable(word, of: name)
            return word
        }
        guard known.contains(word.text) else {
            index = words.count
            _ = ValueReader(log: log).unknownOption(word, known)
            return nil
        }
        if !seen.insert(word.text).inserted {
            log.error("E204", word.position, "\(word.shown) is given twice")
        }
        return word
    }

    /// Takes the option's number.
    mutating func number(_ range: ClosedRange<Int>, _ target: inout Int) {
        guard index < words.count else {
            if let word = words.last { log.error("E202", word.position, "\(word.shown) needs a number") }
            return
        }
        let word = words[index]
        index += 1
        guard let value = Number.digits(word.bytes), range.contains(value) else {
            _ = ValueReader(log: log).wrong(
                word, "a number from \(range.lowerBound) to \(range.upperBound)")
            return
        }
        target = value
    }

    /// The option's word; nil if there is none, which is reported.
    mutating func word() -> Word? {
        guard index < words.count else {
            if let word = words.last { log.error("E202", word.position, "\(word.shown) needs a value") }
            return nil
        }
        defer { index += 1 }
        return words[index]
    }
}
