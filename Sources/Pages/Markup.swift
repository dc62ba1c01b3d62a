/// A piece of HTML. Its literal parts are markup; everything interpolated is text and gets escaped, unless it is
/// a piece of markup itself. What escaping leaves is good as text and inside a double-quoted attribute.
struct Markup: ExpressibleByStringInterpolation, Sendable {
    private(set) var bytes: [UInt8]

    init(stringLiteral literal: StaticString) {
        self.bytes = Array("\(literal)".utf8)
    }

    init(stringInterpolation parts: StringInterpolation) {
        bytes = parts.bytes
    }

    init(joining pieces: [Markup]) {
        bytes = pieces.flatMap(\.bytes)
    }

    /// Nothing.
    static let none: Markup = ""

    struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var bytes: [UInt8] = []

        init(literalCapacity: Int, interpolationCount: Int) {
            bytes.reserveCapacity(literalCapacity + 32 * interpolationCount)
        }

        mutating func appendLiteral(_ literal: StaticString) {
            bytes += "\(literal)".utf8
        }

        mutating func appendInterpolation(_ markup: Markup) {
            bytes += markup.bytes
        }

        mutating func appendInterpolation(_ number: Int) {
            bytes += String(number).utf8
        }

        mutating func appendInterpolation(_ text: String) {
            for byte in text.utf8 { appendEscaped(byte) }
        }

        private mutating func appendEscaped(_ byte: UInt8) {
            switch byte {
            case UInt8(ascii: "&"): bytes += "&amp;".utf8
            case UInt8(ascii: "<"): bytes += "&lt;".utf8
            case UInt8(ascii: ">"): bytes += "&gt;".utf8
            case UInt8(ascii: "\""): bytes += "&quot;".utf8
            case UInt8(ascii: "'"): bytes += "&#39;".utf8
            // HTML allows no other controls, not even as references.
            case 0x00..<0x09, 0x0b, 0x0c, 0x0e..<0x20, 0x7f: bytes += [0xef, 0xbf, 0xbd]
            default: bytes.append(byte)
            }
        }
    }
}
