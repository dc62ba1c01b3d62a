/// Byte classes of names and hashes.
enum ASCII {
    static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"):
            true
        default: false
        }
    }

    static func lowerCased(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }

    /// Whether `text` is 1 to `maximum` letters, digits and bytes of `others`.
    static func consists(
        _ text: some Collection<UInt8>, ofAlphanumericsAnd others: StaticString, upTo maximum: Int
    ) -> Bool {
        (1...maximum).contains(text.count)
            && text.allSatisfy { byte in
                isAlphanumeric(byte) || others.withUTF8Buffer { $0.contains(byte) }
            }
    }
}
