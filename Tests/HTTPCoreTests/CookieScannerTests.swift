import HTTPCore
import Testing

@Suite("CookieScanner")
struct CookieScannerTests {
    private static let name = Array("__Host-sid".utf8)

    /// Number of session cookies in these `Cookie` lines, and the last one's value.
    private func find(_ lines: [[UInt8]]) -> (Int, String) {
        var bytes: [UInt8] = []
        var fields: [FieldLine] = []
        for line in lines {
            let start = bytes.count
            bytes += Array("Cookie: ".utf8) + line
            fields.append(FieldLine(id: .cookie, name: start..<(start + 6), value: (start + 8)..<bytes.count))
        }
        fields.append(FieldLine(id: .other, name: 0..<6, value: 0..<bytes.count))
        let match = CookieScanner.find(Self.name, in: fields, bytes.span)
        return (match.count, String(decoding: bytes[match.value], as: UTF8.self))
    }

    @Test(arguments: [
        ("__Host-sid=A", 1, "A"), ("a=b; __Host-sid=A; c=d", 1, "A"), ("__Host-sid=A; __Host-sid=B", 2, "B"),
        ("__Host-sid=B;__Host-sid=A", 2, "A"), ("$Version=1; __Host-sid=\"A\"", 1, "\"A\""),
        ("x=\"; __Host-sid=EVIL; y=\"", 1, "EVIL"), (" \t__Host-sid\t = A ", 1, "A"), ("__host-sid=A", 0, ""),
        ("__Host-sid", 0, ""), ("=__Host-sid=A", 0, ""), ("__Host-sid=", 1, ""), ("__Host-sid=a=b", 1, "a=b"),
        (";;;===", 0, ""), ("", 0, ""), ("__Host-sidx=A", 0, ""), ("x__Host-sid=A", 0, ""),
        ("__Host-sid;=A", 0, ""),
        ("a=__Host-sid=A", 0, ""), ("__Host-sid=A,__Host-sid=B", 1, "A,__Host-sid=B"),
        ("\u{2000}__Host-sid=A", 0, ""), ("\u{85}__Host-sid=A", 0, ""), ("\u{a0}__Host-sid=A", 0, ""),
        ("__Host-sid=A\0B", 1, "A\0B"), ("\0__Host-sid=A", 0, ""),
    ])
    func `compares names byte for byte and takes quotes for bytes`(
        _ line: String, _ count: Int, _ value: String
    ) {
        let found = find([Array(line.utf8)])
        #expect(found.0 == count && found.1 == value)
    }

    @Test func `counts over all lines`() {
        let found = find([Array("__Host-sid=A; x=y".utf8), Array("z=1".utf8), Array("__Host-sid=B".utf8)])
        #expect(found.0 == 2 && found.1 == "B")
        #expect(find([]).0 == 0)
    }

    @Test func `takes one look at many pairs`() {
        let pairs = Array(repeating: "a=b", count: 10_000).joined(separator: "; ")
        #expect(find([Array((pairs + "; __Host-sid=A").utf8)]).1 == "A")
    }
}
