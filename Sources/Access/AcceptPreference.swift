/// Chooses between a page and JSON by the Accept field (RFC 9110 section 12.5.1).
///
/// A page only where `text/html` is listed itself: a client that says `*/*` alone, or nothing, is a program more
/// often than a person, and a person's browser always lists it.
public struct AcceptPreference: Sendable, Equatable {
    /// Weights in thousandths; -1: not listed.
    private var html = -1
    private var json = -1
    private var anyApplication = -1
    private var anything = -1

    /// A preference for nothing in particular.
    public init() {}

    /// Takes in one Accept line. Elements that are not well-formed do not count.
    public mutating func add(_ value: Span<UInt8>) {
        var list = ListScanner(0..<value.count)
        while let element = list.next(UInt8(ascii: ","), in: value) { add(value, element) }
    }

    /// `text/html` is listed, not refused (`q=0`), and weighs no less than JSON would.
    public var prefersHTML: Bool {
        // The most specific range that covers JSON decides its weight.
        let weight = json >= 0 ? json : anyApplication >= 0 ? anyApplication : max(anything, 0)
        return html > 0 && html >= weight
    }

    private mutating func add(_ value: Span<UInt8>, _ element: Range<Int>) {
        var parts = ListScanner(element)
        guard let first = parts.next(UInt8(ascii: ";"), in: value) else { return }
        let range = Bytes.trimmed(value, first)
        var weight = 1000
        while let part = parts.next(UInt8(ascii: ";"), in: value) {
            let parameter = Bytes.trimmed(value, part)
            guard Self.isWeight(value, parameter) else { continue }
            guard let stated = Self.weight(value, (parameter.lowerBound + 2)..<parameter.upperBound) else {
                return
            }
            weight = stated
        }
        func names(_ text: String) -> Bool { Bytes.equalIgnoringCase(value, range, text.utf8.span) }
        if names("text/html") {
            html = max(html, weight)
        } else if names("application/json") || names("application/problem+json") {
            json = max(json, weight)
        } else if names("application/*") {
            anyApplication = max(anyApplication, weight)
        } else if names("*/*") {
            anything = max(anything, weight)
        }
    }

    private static func isWeight(_ text: Span<UInt8>, _ range: Range<Int>) -> Bool {
        range.count >= 2 && Bytes.lower(text[range.lowerBound]) == UInt8(ascii: "q")
            && text[range.lowerBound + 1] == UInt8(ascii: "=")
    }

    /// `0`, `1`, `0.5`, `0.333` (at most three decimals) in thousandths; nil: none of these.
    private static func weight(_ text: Span<UInt8>, _ range: Range<Int>) -> Int? {
        guard (1...5).contains(range.count) else { return nil }
        var weight = 0
        var unit = 1000
        for (index, position) in range.enumerated() {
            let byte = text[position]
            if index == 1 {
                guard byte == UInt8(ascii: ".") else { return nil }
                continue
            }
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
            weight += Int(byte - UInt8(ascii: "0")) * unit
            unit /= 10
        }
        return weight <= 1000 ? weight : nil
    }
}
