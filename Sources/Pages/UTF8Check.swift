/// Well-formed UTF-8 as the Unicode Standard has it (table 3-7): no overlong forms, no surrogates.
enum UTF8Check {
    /// Length of the well-formed sequence at `index`; nil: there is none.
    static func sequenceLength(_ text: Span<UInt8>, at index: Int) -> Int? {
        let lead = text[index]
        let length: Int
        var second: ClosedRange<UInt8> = 0x80...0xbf
        switch lead {
        case 0x00...0x7f: return 1
        case 0xc2...0xdf: length = 2
        case 0xe0: (length, second) = (3, 0xa0...0xbf)
        case 0xed: (length, second) = (3, 0x80...0x9f)
        case 0xe1...0xef: length = 3
        case 0xf0: (length, second) = (4, 0x90...0xbf)
        case 0xf1...0xf3: length = 4
        case 0xf4: (length, second) = (4, 0x80...0x8f)
        default: return nil
        }
        guard text.count - index >= length, second.contains(text[index + 1]) else { return nil }
        for offset in 2..<max(length, 2) where text[index + offset] & 0xc0 != 0x80 { return nil }
        return length
    }

    static func isValid(_ text: Span<UInt8>) -> Bool {
        var index = 0
        while index < text.count {
            guard let length = sequenceLength(text, at: index) else { return false }
            index += length
        }
        return true
    }
}
