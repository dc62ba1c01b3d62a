/// The parts of a query, decoded: `a=1&a=x%20y`. Bytes that are not UTF-8 come as U+FFFD.
struct QueryItems {
    private let items: [(name: String, value: String)]

    /// The parts of `query`; a part without `=` has an empty value.
    init(_ query: String?) {
        items = (query ?? "").utf8.split(separator: UInt8(ascii: "&")).map { part in
            let sides = part.split(
                separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            return (Self.decode(sides[0]), sides.count > 1 ? Self.decode(sides[1]) : "")
        }
    }

    /// All values of `name`, in order.
    subscript(all name: String) -> [String] { items.filter { $0.name == name }.map(\.value) }

    /// The first value of `name`.
    subscript(name: String) -> String? { items.first { $0.name == name }?.value }

    /// The parts whose name starts with `prefix`, without it.
    func with(prefix: String) -> [(name: String, value: String)] {
        items.filter { $0.name.hasPrefix(prefix) }.map { (String($0.name.dropFirst(prefix.count)), $0.value) }
    }

    private static func decode(_ text: Substring.UTF8View) -> String {
        var bytes: [UInt8] = []
        var rest = text[...]
        while let byte = rest.popFirst() {
            let pair = rest.prefix(2).compactMap(digit)
            if byte == UInt8(ascii: "%"), pair.count == 2 {
                bytes.append(pair[0] << 4 | pair[1])
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x37
        case 0x61...0x66: byte - 0x57
        default: nil
        }
    }

    /// `text` as a part of a query has it.
    static func encode(_ text: String) -> String {
        var bytes: [UInt8] = []
        let digits = Array("0123456789ABCDEF".utf8)
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f: bytes.append(byte)
            default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
