/// Checks that bytes form UTF-8 in its one spelling for each character (RFC 3629 section 4): an overlong form
/// hides a slash or a dot from whoever does not decode it.
struct UTF8Check {
    private var missing: UInt8 = 0
    private var lowest: UInt8 = 0x80
    private var highest: UInt8 = 0xbf

    /// In the middle of a character.
    @inline(__always)
    var isPending: Bool { missing != 0 }

    /// Whether `byte` can come next.
    mutating func take(_ byte: UInt8) -> Bool {
        if missing > 0 {
            guard byte >= lowest, byte <= highest else { return false }
            missing -= 1
            lowest = 0x80
            highest = 0xbf
            return true
        }
        switch byte {
        case 0...0x7f: return true
        case 0xc2...0xdf: missing = 1
        case 0xe0...0xef: missing = 2
        case 0xf0...0xf4: missing = 3
        default: return false
        }
        switch byte {
        case 0xe0: lowest = 0xa0
        case 0xed: highest = 0x9f
        case 0xf0: lowest = 0x90
        case 0xf4: highest = 0x8f
        default: break
        }
        return true
    }
}
