import Testing

@testable import Sessions

@Suite("SessionRecord")
struct SessionRecordTests {
    @Test func `is one compact line of the documented form`() throws {
        let line = String(decoding: try record().encoded(), as: UTF8.self)

        #expect(
            line == """
                {"v":1,"k":"QAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","u":"u-1","n":"ada@example.org",\
                "r":["admin","ops"],"rl":"shop","c":1700000000000,"a":1700086400000,"i":7200,"m":false,\
                "h":"00112233aabbccdd","ip":"192.0.2.7","ua":"Mozilla/5.0 (\\"X\\\\Y\\")"}
                """)
    }

    @Test func `reads back what it wrote`() throws {
        var all = [record(), record(), record()]
        all[0].graceEnd = 1_700_000_010_000
        all[1].isRemembered = true
        all[1].idleSeconds = 0
        all[1].roles = []
        all[1].agent = []
        all[1].address = []
        all[2].agent = [UInt8]("Größe/1.0 \u{1F600}".utf8)
        all[2].name = [UInt8]("a\"b\\ü".utf8)
        all[2].absoluteEnd = 1 << 53 - 1

        for record in all { #expect(SessionRecord(decoding: try record.encoded()) == record) }
    }

    @Test func `never passes its limit`() throws {
        var record = record()
        record.userID = [UInt8](repeating: 0x41, count: 128)
        record.name = [UInt8](repeating: UInt8(ascii: "\""), count: 254)
        record.roles = (0..<500).map { [UInt8]("role-\($0)-".utf8) + [UInt8](repeating: 0x78, count: 40) }
        record.realm = [UInt8](repeating: 0x72, count: 64)
        record.address = [UInt8](repeating: 0x3a, count: 64)
        record.agent = [UInt8](repeating: UInt8(ascii: "\\"), count: 100_000)
        record.created = 1 << 53 - 1
        record.absoluteEnd = 1 << 53 - 1
        record.idleSeconds = 1 << 53 - 1
        record.graceEnd = 1 << 53 - 1

        let line = try record.encoded()
        let read = try #require(SessionRecord(decoding: line))

        #expect(line.count <= SessionRecord.maximumCount)
        #expect(read.roles.count > 30)
        #expect(read.roles == [[UInt8]](record.roles.prefix(read.roles.count)))
        #expect(read.agent == [UInt8](repeating: UInt8(ascii: "\\"), count: 256))
        #expect(read.name == record.name)
    }

    @Test(arguments: [
        ([0x61, 0x0a, 0x1b, 0x7f, 0x62] as [UInt8], "a???b"), ([0x61, 0xff, 0xc3, 0xa4], "a???"),
        ([UInt8]("ä€😀".utf8), "ä€😀"), ([], ""),
    ])
    func `keeps of an agent's name what is text`(agent: [UInt8], kept: String) {
        #expect(SessionRecord.printable(agent, limit: 256) == [UInt8](kept.utf8))
    }

    @Test func `cuts an agent's name between characters`() {
        let agent = [UInt8]("ab€".utf8)

        #expect(SessionRecord.printable(agent, limit: 5) == agent)
        #expect(SessionRecord.printable(agent, limit: 4) == [0x61, 0x62])
        #expect(SessionRecord.printable(agent, limit: 3) == [0x61, 0x62])
        #expect(SessionRecord.printable(agent, limit: 2) == [0x61, 0x62])
    }

    @Test(arguments: ["", "a b", "a\"", "é", "a/b", "a\n", String(repeating: "x", count: 129)])
    func `refuses to write a bad user id`(id: String) {
        var record = record()
        record.userID = [UInt8](id.utf8)

        #expect(throws: SessionRecordFailure.badUserID) { try record.encoded() }
    }

    @Test func `refuses to write what it could not read back`() {
        let changes: [(inout SessionRecord) -> Void] = [
            { $0.name = [] }, { $0.name = [0xff] }, { $0.name = [0x61, 0x00] },
            { $0.name = [UInt8](repeating: 0x61, count: 255) }, { $0.realm = [] }, { $0.realm = [0x22] },
            { $0.handle = [UInt8]("00112233AABBCCDD".utf8) }, { $0.handle = [] }, { $0.address = [0x5c] },
            { $0.created = -1 }, { $0.absoluteEnd = .max }, { $0.idleSeconds = -1 }, { $0.graceEnd = .min },
        ]

        for change in changes {
            var changed = record()
            change(&changed)
            #expect(throws: SessionRecordFailure.badField) { try changed.encoded() }
        }
    }

    @Test func `leaves out roles that a header could not list`() throws {
        var changed = record()
        changed.roles = ["a,b", "", "a b", "é", "a\"b", "ok"].map { [UInt8]($0.utf8) }

        #expect(SessionRecord(decoding: try changed.encoded())?.roles == [[UInt8]("ok".utf8)])
    }

    @Test func `lives until it idles or ends, whichever comes first`() {
        var record = record()
        #expect(record.timeToLive(now: record.created) == 7_200_000)
        #expect(record.timeToLive(now: record.absoluteEnd - 5_000) == 5_000)
        #expect(record.timeToLive(now: record.absoluteEnd + 5_000) == 1)
        #expect(record.timeToLive(now: .min) == 1 || record.timeToLive(now: .min) == 7_200_000)
        record.idleSeconds = 0
        #expect(record.timeToLive(now: record.created) == 86_400_000)
        record.idleSeconds = .max
        #expect(record.timeToLive(now: record.created) == 86_400_000)
        record.idleSeconds = 60
        record.isRemembered = true
        #expect(record.timeToLive(now: record.created) == 86_400_000)
    }

    @Test func `handles are random hex`() throws {
        let handles = try (0..<100).map { _ in try SessionRecord.makeHandle() }

        #expect(Set(handles).count == 100)
        let areHandles = handles.allSatisfy { SessionRecord.isHandle($0.span) }
        #expect(areHandles)
    }
}

/// A record with something in every field that has to be there.
func record(_ hash: SessionHash = hash("QAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")) -> SessionRecord {
    var record = SessionRecord(
        hash: hash, userID: [UInt8]("u-1".utf8), name: [UInt8]("ada@example.org".utf8),
        roles: [[UInt8]("admin".utf8), [UInt8]("ops".utf8)], realm: [UInt8]("shop".utf8),
        handle: [UInt8]("00112233aabbccdd".utf8), created: 1_700_000_000_000, absoluteEnd: 1_700_086_400_000,
        idleSeconds: 7200)
    record.address = [UInt8]("192.0.2.7".utf8)
    record.agent = [UInt8]("Mozilla/5.0 (\"X\\Y\")".utf8)
    return record
}

func hash(_ text: String) -> SessionHash { SessionHash(text: [UInt8](text.utf8)) ?? SessionHash() }
