import RandomTestSupport
import Testing

@testable import Sessions

@Suite("SessionCheck")
struct SessionCheckTests {
    let now: Int64 = 1_700_000_001_000

    @Test func `finds a good record and its parts`() throws {
        let line = try record().encoded()
        var view = SessionView()

        #expect(check(line, into: &view) == .found)

        line.withUnsafeBytes { bytes in
            #expect([UInt8](view.userID.bytes(in: bytes)) == [UInt8]("u-1".utf8))
            #expect(view.decodedName(in: bytes) == [UInt8]("ada@example.org".utf8))
            #expect([UInt8](view.handle.bytes(in: bytes)) == [UInt8]("00112233aabbccdd".utf8))
            var roles: [String] = []
            view.forEachRole(in: bytes) { roles.append(String(decoding: $0, as: UTF8.self)) }
            #expect(roles == ["admin", "ops"])
            #expect([UInt8]("ops".utf8).withUnsafeBytes { view.hasRole($0, in: bytes) })
            for role in ["op", "opss", "", "admin\",\"ops", ","] {
                #expect(![UInt8](role.utf8).withUnsafeBytes { view.hasRole($0, in: bytes) })
            }
        }
        #expect(view.roleCount == 2)
        #expect(view.created == 1_700_000_000_000)
        #expect(view.absoluteEnd == 1_700_086_400_000)
        #expect(view.idleSeconds == 7200)
        #expect(!view.isRemembered)
        #expect(view.timeToLive(now: now) == 7_200_000)
    }

    @Test func `its own end counts whatever Redis says`() throws {
        var ending = record()
        ending.absoluteEnd = now
        #expect(check(try ending.encoded()) == .absent)
        ending.absoluteEnd = now + 1
        #expect(check(try ending.encoded()) == .found)
        ending.graceEnd = now + 1
        #expect(check(try ending.encoded()) == .found)
        ending.graceEnd = now
        #expect(check(try ending.encoded()) == .absent)
    }

    @Test func `a record of another session is a mismatch, also if it has ended`() throws {
        var other = record(hash("QAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE"))
        #expect(check(try other.encoded()) == .mismatch)
        other.absoluteEnd = 1
        #expect(check(try other.encoded()) == .mismatch)
        let short = text(try record().encoded()).replacing("QAAAAA", with: "Q")
        #expect(check([UInt8](short.utf8)) == .mismatch)
    }

    @Test func `a record of another realm is no use`() throws {
        var other = record()
        other.realm = [UInt8]("shop2".utf8)
        #expect(check(try other.encoded()) == .unavailable(.foreignRealm))
    }

    @Test func `one byte over the limit is too long`() throws {
        let line = try record().encoded()
        let padding = String(repeating: "x", count: 4096 - line.count - 9)
        let full = text(line).replacing("\"v\"", with: "\"pad\":\"\(padding)\",\"v\"")
        #expect(full.utf8.count == 4096)

        #expect(check([UInt8](full.utf8)) == .found)
        #expect(check([UInt8](full.replacing("\"pad\"", with: "\"padd\"").utf8)) == .unavailable(.tooLong))
    }

    @Test(arguments: [
        ("\"v\":1,", ""), ("\"v\":1", "\"v\":2"), ("\"v\":1", "\"v\":\"1\""), ("\"v\":1", "\"v\":1.0"),
        ("\"v\":1", "\"v\":1e0"), ("\"v\":1", "\"v\":01"), ("\"v\":1", "\"v\":+1"), ("\"v\":1", "\"v\":-1"),
        ("\"v\":1", "\"v\":1,\"v\":1"), ("\"u\":\"u-1\"", "\"u\":\"u-1\",\"u\":\"u-2\""),
        ("\"u\":\"u-1\"", "\"u\":null"), ("\"u\":\"u-1\"", "\"u\":1"), ("\"u\":\"u-1\"", "\"u\":\"u"),
        ("\"u\":\"u-1\"", "\"\\u0075\":\"u-1\""),
        ("\"u\":\"u-1\"", "\"u\":\"u\r\nX: 1\""), ("\"u\":\"u-1\",", ""),
        ("\"n\":\"ada@example.org\"", "\"n\":\"\""),
        ("[\"admin\",\"ops\"]", "\"admin\""), ("[\"admin\",\"ops\"]", "[\"admin\",]"),
        ("[\"admin\",\"ops\"]", "[\"admin\" \"ops\"]"), ("[\"admin\",\"ops\"]", "[\"a,b\"]"),
        ("[\"admin\",\"ops\"]", "[\"a\\\"\"]"), ("[\"admin\",\"ops\"]", "[1]"),
        ("[\"admin\",\"ops\"]", "[[]]"),
        ("[\"admin\",\"ops\"]", "[\"admin\",\"ops\""), ("\"m\":false", "\"m\":0"),
        ("\"m\":false", "\"m\":falsee"),
        ("\"m\":false,", ""), ("\"c\":1700000000000", "\"c\":-5"),
        ("\"c\":1700000000000", "\"c\":9007199254740992"),
        ("\"a\":1700086400000", "\"a\":99999999999999999999999999999999"), ("\"a\":1700086400000", "\"a\":"),
        ("\"i\":7200", "\"i\":7200.5"), ("\"h\":\"00112233aabbccdd\"", "\"h\":\"0011\""),
        ("\"rl\":\"shop\",", ""),
        ("\"h\":\"00112233aabbccdd\"", "\"h\":\"00112233AABBCCDD\""), ("{\"v\"", "{{\"v\""),
        ("{\"v\"", "[\"v\""),
        ("{\"v\"", " {\"v\""), ("{\"v\"", "\u{feff}{\"v\""), ("\\\\Y", "\u{1}"), ("\"g\":", "\"g\":\"x\""),
    ])
    func `refuses what we would not have written`(part: String, replacement: String) throws {
        var line = text(try record().encoded())
        if part == "\"g\":" { line = line.replacing("\"m\":", with: "\"g\":,\"m\":") }
        try #require(line.contains(part))

        #expect(check([UInt8](line.replacing(part, with: replacement).utf8)) == .unavailable(.undecodable))
    }

    @Test(arguments: [
        "", "u 1", "u\\u002d1", "u\\r\\nX: 1", "é", "u,1", "\\\"", String(repeating: "u", count: 129),
    ])
    func `tells an id that no header may carry from what is no record`(id: String) throws {
        let line = text(try record().encoded()).replacing("\"u\":\"u-1\"", with: "\"u\":\"\(id)\"")

        #expect(check([UInt8](line.utf8)) == .unavailable(.userID))
        #expect(SessionRecord(decoding: [UInt8](line.utf8)) == nil)
        #expect(check([UInt8]((line + ",").utf8)) == .unavailable(.undecodable))
        let elsewhere = line.replacing("\"rl\":\"shop\"", with: "\"rl\":\"shops\"")
        #expect(check([UInt8](elsewhere.utf8)) == .unavailable(.foreignRealm))
    }

    @Test(arguments: ["}", " ", "\n", "{}", ",", "\0"])
    func `refuses trailing bytes`(tail: String) throws {
        #expect(check(try record().encoded() + [UInt8](tail.utf8)) == .unavailable(.undecodable))
    }

    @Test(arguments: [
        "\"x\":1,", "\"x\":-1.5e+3,", "\"x\":null,", "\"x\":{\"y\":[1,{\"z\":\"}\"}]},", "\"\":\"\",",
        "\"zz\":[],",
        "\"x\":true,\"x\":{},", " \"long\" : \"\\\\\\\"\" ,\t\r\n", "\"x\":[[[[[[[[]]]]]]]],",
    ])
    func `passes over fields of later versions`(field: String) throws {
        let line = text(try record().encoded()).replacing("\"u\":", with: field + "\"u\":")

        #expect(check([UInt8](line.utf8)) == .found)
    }

    @Test func `refuses values nested deeper than any real one`() throws {
        for depth in [9, 1500] {
            let nested = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
            let line = text(try record().encoded()).replacing("\"u\":", with: "\"x\":\(nested),\"u\":")
            #expect(check([UInt8](line.utf8)) == .unavailable(.undecodable))
        }
    }

    @Test(arguments: [
        "", "null", "{}", "[]", "0", "\"\"", "OK", "{\"v\":1", "{\"v\":1,", "{\"v\"", "{\"", "{",
    ])
    func `refuses what is no record at all`(value: String) {
        #expect(check([UInt8](value.utf8)) == .unavailable(.undecodable))
    }

    @Test func `every beginning of a record is refused`() throws {
        let line = try record().encoded()

        for count in 0..<line.count { #expect(check([UInt8](line[..<count])) == .unavailable(.undecodable)) }
    }

    @Test func `no change of bytes traps, and none makes two readers disagree`() throws {
        var random = SeededRandom(7)
        let line = try record().encoded()
        for _ in 0..<20_000 {
            var changed = line
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let place = Int.random(in: 0..<changed.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: changed[place] = UInt8.random(in: 0...255, using: &random)
                case 1: changed.remove(at: place)
                case 2: changed.insert(changed[Int.random(in: 0..<changed.count, using: &random)], at: place)
                default: changed[place] = [UInt8]("\"\\{}[],:0u".utf8)[Int.random(in: 0..<10, using: &random)]
                }
            }
            var view = SessionView()
            guard check(changed, into: &view) == .found, let full = SessionRecord(decoding: changed) else {
                continue
            }
            let userID = changed.withUnsafeBytes { [UInt8](view.userID.bytes(in: $0)) }
            #expect(full.userID == userID)
            let isUserID = SessionRecord.isUserID(userID.span)
            #expect(isUserID)
            #expect(full.roles.count == view.roleCount)
            #expect(full.hash == record().hash)
        }
    }

    private func check(_ line: [UInt8]) -> SessionCheck {
        var view = SessionView()
        return check(line, into: &view)
    }

    private func check(_ line: [UInt8], into view: inout SessionView) -> SessionCheck {
        line.withUnsafeBytes { bytes in
            SessionCheck.decodeIdentity(
                bytes, expecting: record().hash, realm: [UInt8]("shop".utf8), now: now, into: &view)
        }
    }

    private func text(_ line: [UInt8]) -> String { String(decoding: line, as: UTF8.self) }
}
