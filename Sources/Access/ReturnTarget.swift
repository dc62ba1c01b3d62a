/// Where a browser may be sent after login: a path of the same host, and nothing that any browser reads as
/// something else.
public enum ReturnTarget {
    /// Most bytes of a target.
    public static let limit = 2048

    /// `target` where it may be used, else nil (send to the realm's own page). `target` is a parameter's value,
    /// decoded once; `prefix` is the realm's own prefix, which is never a target: a login page that returns to
    /// itself grows without end.
    public static func checked(_ target: Span<UInt8>, prefix: Span<UInt8>) -> [UInt8]? {
        guard (1...limit).contains(target.count), target[0] == UInt8(ascii: "/") else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(target.count)
        for index in 0..<target.count {
            let byte = target[index]
            guard byte > 0x20, byte < 0x7f, byte != UInt8(ascii: "\\") else { return nil }
            bytes.append(byte)
        }
        guard let path = decodedPath(bytes), hasOnlyPlainSegments(path) else { return nil }
        return isOwn(path, prefix) ? nil : bytes
    }

    /// The path part, percent-decoded; nil where the encoding is broken or hides a control or a backslash.
    private static func decodedPath(_ target: [UInt8]) -> [UInt8]? {
        var path: [UInt8] = []
        var index = 0
        while index < target.count, target[index] != UInt8(ascii: "?"), target[index] != UInt8(ascii: "#") {
            var byte = target[index]
            if byte == UInt8(ascii: "%") {
                guard index + 2 < target.count, let high = digit(target[index + 1]),
                    let low = digit(target[index + 2])
                else { return nil }
                byte = high << 4 | low
                guard byte >= 0x20, byte != 0x7f, byte != UInt8(ascii: "\\") else { return nil }
                index += 2
            }
            path.append(byte)
            index += 1
        }
        return path
    }

    /// No `.` or `..`, and no second slash at the start, however they were written: `//host` is another host,
    /// and `/.//host` becomes it.
    private static func hasOnlyPlainSegments(_ path: [UInt8]) -> Bool {
        if path.count > 1, path[1] == UInt8(ascii: "/") { return false }
        return !path.split(separator: UInt8(ascii: "/")).contains { segment in
            // What comes after `;` is a parameter to some servers, and `..;` a dot segment.
            let name = segment.prefix { $0 != UInt8(ascii: ";") }
            return name.elementsEqual(".".utf8) || name.elementsEqual("..".utf8)
        }
    }

    private static func isOwn(_ path: [UInt8], _ prefix: Span<UInt8>) -> Bool {
        guard path.count >= prefix.count else { return false }
        for index in 0..<prefix.count where path[index] != prefix[index] { return false }
        return path.count == prefix.count || path[prefix.count] == UInt8(ascii: "/")
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
