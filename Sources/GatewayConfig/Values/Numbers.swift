/// Reads numbers with units. No sign, no space, no overflow.
enum Number {
    /// Digits only, at most 18 of them.
    static func digits(_ text: some Collection<UInt8>) -> Int? {
        guard !text.isEmpty, text.count <= 18, text.allSatisfy(ASCII.isDigit) else { return nil }
        return text.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    /// `250ms 30s 5m 2h 30d` as milliseconds.
    static func duration(_ text: [UInt8]) -> Int? {
        let units = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)]
        return scaled(text, units)
    }

    /// `512 16k 10m 2g` as bytes.
    static func size(_ text: [UInt8]) -> Int? {
        digits(text) ?? scaled(text, [("k", 1 << 10), ("m", 1 << 20), ("g", 1 << 30)])
    }

    /// `20/s`, `10/5m`: times and the duration in which they may happen; a unit alone is one of it.
    static func rate(_ text: [UInt8]) -> Rate? {
        let parts = text.split(separator: UInt8(ascii: "/"), maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let count = digits(parts[0]), let first = parts[1].first else { return nil }
        let time = ASCII.isDigit(first) ? Array(parts[1]) : [UInt8(ascii: "1")] + parts[1]
        guard let window = duration(time), count > 0, window > 0 else { return nil }
        return Rate(count: count, window: window)
    }

    private static func scaled(_ text: [UInt8], _ units: [(String, Int)]) -> Int? {
        let number = text.prefix(while: ASCII.isDigit)
        guard let value = digits(number) else { return nil }
        let unit = text[number.endIndex...]
        guard let factor = units.first(where: { $0.0.utf8.elementsEqual(unit) })?.1 else { return nil }
        let (result, overflow) = value.multipliedReportingOverflow(by: factor)
        return overflow ? nil : result
    }

    /// `90000` as `90s`: the largest unit that loses nothing.
    static func durationText(_ milliseconds: Int) -> String {
        for (unit, factor) in [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000)]
        where milliseconds >= factor && milliseconds % factor == 0 {
            return "\(milliseconds / factor)\(unit)"
        }
        return "\(milliseconds)ms"
    }

    /// `16384` as `16k`.
    static func sizeText(_ bytes: Int) -> String {
        for (unit, factor) in [("g", 1 << 30), ("m", 1 << 20), ("k", 1 << 10)]
        where bytes >= factor && bytes % factor == 0 {
            return "\(bytes / factor)\(unit)"
        }
        return "\(bytes)"
    }
}
