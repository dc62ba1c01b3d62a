/// Header names that only the gateway may set, compared folded: lower case, everything but letters and digits as
/// `-`, since WSGI, CGI and PHP read `X_User_Id` and `x.user.id` as one variable with `X-User-Id`.
struct ProtectedNames {
    private var exact: [UInt64: [[UInt8]]] = [:]
    private var prefixes: [[UInt8]] = []
    /// Bit n: there is a name of n bytes (63 = 63 and more).
    private var lengths: UInt64 = 0

    /// `names` may end in `*` (a prefix).
    init(_ names: [String]) {
        for name in names {
            let folded = name.utf8.map(ProtectedNames.fold)
            if name.hasSuffix("*") {
                prefixes.append(Array(folded.dropLast()))
                continue
            }
            lengths |= 1 << UInt64(min(folded.count, 63))
            folded.withUnsafeBytes { exact[ProtectedNames.hash($0), default: []].append(Array(folded)) }
        }
    }

    /// Whether `name`, in any spelling, is one of ours.
    func contains(_ name: UnsafeRawBufferPointer) -> Bool {
        if lengths & (1 << UInt64(min(name.count, 63))) != 0,
            let candidates = exact[ProtectedNames.hash(name)],
            candidates.contains(where: { ProtectedNames.matches(name, $0, count: name.count) })
        {
            return true
        }
        for prefix in prefixes where name.count >= prefix.count {
            if ProtectedNames.matches(name, prefix, count: prefix.count) { return true }
        }
        return false
    }

    /// FNV-1a over the folded bytes.
    private static func hash(_ name: UnsafeRawBufferPointer) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in name {
            hash = (hash ^ UInt64(fold(byte))) &* 0x100_0000_01b3
        }
        return hash
    }

    private static func matches(_ name: UnsafeRawBufferPointer, _ folded: [UInt8], count: Int) -> Bool {
        guard folded.count == count else { return false }
        for index in 0..<count where fold(name[index]) != folded[index] { return false }
        return true
    }

    @inline(__always)
    private static func fold(_ byte: UInt8) -> UInt8 {
        switch byte {
        case 0x41...0x5a: byte | 0x20
        case 0x61...0x7a, 0x30...0x39, 0x2a: byte
        default: 0x2d
        }
    }
}
