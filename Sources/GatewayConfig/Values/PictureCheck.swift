/// What a picture's file is, by its content.
enum PictureCheck {
    enum Fault: Error { case unknown, script }

    static func kind(of bytes: [UInt8]) throws(Fault) -> PagePicture.Kind {
        if bytes.starts(with: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]) { return .png }
        if bytes.starts(with: "RIFF".utf8), bytes.dropFirst(8).starts(with: "WEBP".utf8) { return .webp }
        guard String(validating: bytes, as: UTF8.self) != nil else { throw .unknown }
        let lower = bytes.map { $0 >= 0x41 && $0 <= 0x5a ? $0 | 0x20 : $0 }
        let start = lower.drop { [0x20, 0x09, 0x0a, 0x0d, 0xef, 0xbb, 0xbf].contains($0) }
        guard start.first == UInt8(ascii: "<"), lower.prefix(4_096).firstOffset(of: "<svg") != nil else {
            throw .unknown
        }
        for word: StaticString in ["<script", "javascript:", "<foreignobject", "<!entity"]
        where lower[...].firstOffset(of: word) != nil { throw .script }
        guard !hasHandler(lower) else { throw .script }
        return .svg
    }

    /// Whether an attribute such as `onload=` is there.
    private static func hasHandler(_ bytes: [UInt8]) -> Bool {
        let letters = UInt8(ascii: "a")...UInt8(ascii: "z")
        let blanks: [UInt8] = [0x20, 0x09, 0x0a, 0x0d, 0x0c]
        let before = blanks + [UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "/")]
        var rest = bytes[...]
        while let offset = rest.firstOffset(of: "on") {
            rest = bytes[(offset + 2)...]
            guard offset > 0, before.contains(bytes[offset - 1]) else { continue }
            let name = rest.prefix { letters.contains($0) }
            let behind = rest.dropFirst(name.count).drop { blanks.contains($0) }
            if !name.isEmpty, behind.first == UInt8(ascii: "=") { return true }
        }
        return false
    }
}
