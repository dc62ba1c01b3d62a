import Foundation
import RandomTestSupport
import Testing

@testable import Proxy

@Suite struct LogLineTests {
    /// What `write` puts into a line; nil where it did not fit.
    private func text(_ write: (inout LogLine) -> Void) -> String? {
        let storage = UnsafeMutableRawPointer.allocate(byteCount: LogLine.limit, alignment: 16)
        defer { storage.deallocate() }
        var line = LogLine(in: storage)
        write(&line)
        return line.isWhole ? String(decoding: line.bytes, as: UTF8.self) : nil
    }

    @Test(arguments: [0, 1, -1, 9, 10, 99, 100, -4096, 1_000_000, Int.max, Int.min])
    func `numbers are written in decimal`(number: Int) {
        #expect(text { $0.append(decimal: number) } == String(number))
    }

    @Test(arguments: [(0, "0.000"), (7, "0.007"), (1_234, "1.234"), (60_000_050, "60000.050"), (-5, "0.000")])
    func `microseconds are written as milliseconds`(microseconds: Int, expected: String) {
        #expect(text { $0.append(milliseconds: Int64(microseconds)) } == expected)
    }

    /// Blocks of plain bytes are copied whole; wherever a byte that is none stands in one, the line is the same.
    @Test(arguments: 0..<30)
    func `a value reads back as what it was, wherever its odd bytes stand`(seed: Int) throws {
        var random = SeededRandom(seed)
        let plain = Array("abcdefghijklmnopqrstuvwxyz 0123456789/.-_~".utf8)
        for _ in 0..<50 {
            var bytes = random.bytes(upTo: 90, from: plain)
            for odd in random.bytes(upTo: 3, from: [0, 9, 10, 0x1f, 0x22, 0x5c, 0x7f, 0x80, 0xff]) {
                bytes.insert(odd, at: Int.random(in: 0...bytes.count, using: &random))
            }
            let line = text { line in bytes.withUnsafeBytes { line.escape($0) } }

            let json =
                try JSONSerialization.jsonObject(
                    with: Data("[\"\(try #require(line))\"]".utf8)) as? [String]
            #expect(json?.first?.unicodeScalars.map { UInt8($0.value) } == bytes)
        }
    }

    @Test(arguments: 4_000..<4_200)
    func `a line that grows too long says so, and writes nothing behind its storage`(length: Int) {
        let bytes = [UInt8](repeating: UInt8(ascii: "x"), count: length)
        let escaped = text { line in bytes.withUnsafeBytes { line.escape($0) } }
        let copied = text { line in bytes.withUnsafeBytes { line.append($0) } }

        #expect((copied?.utf8.count ?? length) == length)
        #expect((copied == nil) == (length > LogLine.limit))
        if let escaped { #expect(escaped.utf8.count == length) }
        if length > LogLine.limit { #expect(escaped == nil) }
    }
}
