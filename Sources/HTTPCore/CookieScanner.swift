/// Pairs of one `Cookie` value: split at `;`, spaces and tabs trimmed, nothing else. Quotes are ordinary
/// bytes, because a reader that honours them sees other cookies than one that does not.
public struct CookieScanner: Sendable {
    /// One piece between semicolons.
    public struct Pair: Sendable, Equatable {
        /// The whole piece, trimmed.
        public let whole: Range<Int>
        /// The bytes before the first `=`, trimmed; all of them where there is none.
        public let name: Range<Int>
        /// The bytes behind the first `=`, trimmed; empty where there is none.
        public let value: Range<Int>
        /// Whether there is a `=`.
        public let hasValue: Bool
    }

    /// What was found under one name.
    public struct Match: Sendable, Equatable {
        /// Pairs with that name. More than one means that none may be believed.
        public internal(set) var count = 0
        /// The last such pair's value.
        public internal(set) var value = 0..<0
    }

    private var position: Int
    private let end: Int

    /// Over the value of a `Cookie` line.
    public init(_ range: Range<Int>) {
        position = range.lowerBound
        end = range.upperBound
    }

    /// Looks through all `Cookie` lines of a head for the cookie named exactly `name`, byte for byte.
    public static func find(_ name: [UInt8], in fields: [FieldLine], _ bytes: Span<UInt8>) -> Match {
        var match = Match()
        for index in fields.indices where fields[index].id == .cookie {
            var scanner = CookieScanner(fields[index].value)
            while let pair = scanner.next(bytes) {
                guard pair.hasValue, ASCII.equals(bytes, pair.name, name.span) else { continue }
                match.count += 1
                match.value = pair.value
            }
        }
        return match
    }

    /// The next pair; nil after the last. Empty pieces are skipped.
    public mutating func next(_ bytes: Span<UInt8>) -> Pair? {
        while position < end {
            let start = position
            var equals = -1
            while position < end, bytes[position] != 0x3b {
                if equals < 0, bytes[position] == 0x3d { equals = position }
                position += 1
            }
            let whole = ASCII.trimmed(bytes, start..<position)
            if position < end { position += 1 }
            if !whole.isEmpty { return pair(bytes, whole, equals) }
        }
        return nil
    }

    private func pair(_ bytes: Span<UInt8>, _ whole: Range<Int>, _ equals: Int) -> Pair {
        guard equals >= 0 else {
            return Pair(
                whole: whole, name: whole, value: whole.upperBound..<whole.upperBound, hasValue: false)
        }
        return Pair(
            whole: whole, name: ASCII.trimmed(bytes, whole.lowerBound..<equals),
            value: ASCII.trimmed(bytes, (equals + 1)..<whole.upperBound), hasValue: true)
    }
}
