import CLinux
import Glibc
import Transport

/// Takes cookies of ours out of a Cookie field's value.
enum CookieFilter {
    /// Appends `value` without the pairs named in `names`; the others stay byte for byte and in order.
    /// False, and nothing useful appended, if none is left.
    static func write(
        _ value: UnsafeRawBufferPointer, without names: [[UInt8]], into out: ByteBuffer
    ) -> Bool {
        guard contains(value, names) else {
            out.append(value)
            return true
        }
        let before = out.count
        var isEmpty = true
        var hasOurs = false
        var start = 0
        while start < value.count {
            let end = place(of: ";", in: value, start, value.count)
            var first = start
            while first < end && (value[first] == 0x20 || value[first] == 0x09) { first += 1 }
            if isOurs(value, first, end, names) {
                hasOurs = true
            } else {
                // The first pair kept loses the space that stood behind the one before it.
                let from = isEmpty ? first : start
                if from < end || !isEmpty {
                    if !isEmpty { out.append(UInt8(ascii: ";")) }
                    out.append(UnsafeRawBufferPointer(rebasing: value[from..<end]))
                    if first < end { isEmpty = false }
                }
            }
            start = end + 1
        }
        if hasOurs { return !isEmpty }
        out.truncate(to: before)
        out.append(value)
        return true
    }

    private static func contains(_ value: UnsafeRawBufferPointer, _ names: [[UInt8]]) -> Bool {
        guard let base = value.baseAddress else { return false }
        return names.contains { name in
            name.withUnsafeBytes { clinux_contains(base, value.count, $0.baseAddress, $0.count) != 0 }
        }
    }

    private static func isOurs(
        _ value: UnsafeRawBufferPointer, _ first: Int, _ end: Int, _ names: [[UInt8]]
    ) -> Bool {
        var nameEnd = place(of: "=", in: value, first, end)
        while nameEnd > first && (value[nameEnd - 1] == 0x20 || value[nameEnd - 1] == 0x09) { nameEnd -= 1 }
        for name in names where name.count == nameEnd - first {
            if value[first..<nameEnd].elementsEqual(name) { return true }
        }
        return false
    }

    /// The first `byte` from `start` on, or `end`.
    private static func place(
        of byte: Unicode.Scalar, in value: UnsafeRawBufferPointer, _ start: Int, _ end: Int
    ) -> Int {
        guard start < end, let base = value.baseAddress,
            let found = memchr(base + start, Int32(byte.value), end - start)
        else { return end }
        return UnsafeRawPointer(found) - base
    }
}
