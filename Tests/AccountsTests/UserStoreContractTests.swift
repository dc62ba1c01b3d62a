import Accounts
import Testing

/// What every users store must do, run over each of them.
@Suite("UserStore")
struct UserStoreContractTests {
    enum Kind: CaseIterable {
        case memory, sqlite, file, postgres
    }

    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    /// `count` instances on the same users.
    private func stores(_ kind: Kind, _ count: Int) throws -> [any UserStore] {
        switch kind {
        case .memory:
            let store = MemoryUserStore()
            return (0..<count).map { _ in store }
        case .sqlite:
            return try (0..<count).map { _ in try SQLiteUserStore(path: scratch.file("users.db")) }
        case .file:
            let desk = try EditedFile.Desk(path: scratch.file("users.txt"))
            return try (0..<count).map { _ in try EditedFile(desk) }
        case .postgres:
            let server = PostgresServer(
                url: try PostgresTestServer.freshURL(), connectTimeout: .seconds(20), timeout: .seconds(20))
            return (0..<count).map { _ in PostgresUserStore(server) }
        }
    }

    private func store(_ kind: Kind) throws -> any UserStore { try stores(kind, 1)[0] }

    @Test(arguments: Kind.allCases)
    func `an inserted user is found by name and id, as it was given`(kind: Kind) throws {
        let store = try store(kind)
        var user = try record("Bob", hash: "$some$hash$with'quotes", roles: ["z", "a", "team:x"])
        user.isDisabled = true

        #expect(try store.insert(user) == .inserted)

        let found = try #require(try store.find(name: loginName("bOB")))
        #expect(found == user)
        #expect(found.displayName == "Bob")
        #expect(found.createdMs == 1_700_000_000_123)
        #expect(try store.find(id: user.id) == user)
    }

    @Test(arguments: Kind.allCases)
    func `an unknown user is nil, and no change finds it`(kind: Kind) throws {
        let store = try store(kind)
        let id = try UserID.make()

        #expect(try store.find(name: loginName("nobody")) == nil)
        #expect(try store.find(id: id) == nil)
        #expect(try !store.setPassword(id: id, hash: "x"))
        #expect(try !store.setRoles(id: id, roles: []))
        #expect(try !store.setDisabled(id: id, true))
        #expect(try !store.delete(id: id))
        #expect(try store.list(after: nil, limit: 10).isEmpty)
        #expect(try store.hashKinds().isEmpty)
    }

    @Test(arguments: Kind.allCases)
    func `a taken name leaves the first user as it is, whatever the case`(kind: Kind) throws {
        let store = try store(kind)
        let first = try record("bob", hash: "1")

        #expect(try store.insert(first) == .inserted)
        #expect(try store.insert(record("BOB", hash: "2")) == .nameTaken)

        #expect(try store.find(name: loginName("bob")) == first)
    }

    @Test(arguments: Kind.allCases)
    func `changes change what they name and nothing else`(kind: Kind) throws {
        let store = try store(kind)
        var user = try record("bob")
        let other = try record("other", hash: "o", roles: ["o"])
        _ = try store.insert(user)
        _ = try store.insert(other)

        #expect(try store.setPassword(id: user.id, hash: "y"))
        user.hash = "y"
        #expect(try store.find(id: user.id) == user)
        #expect(try store.setRoles(id: user.id, roles: ["admin", "ops"]))
        user.roles = ["admin", "ops"]
        #expect(try store.find(id: user.id) == user)
        #expect(try store.setRoles(id: user.id, roles: []))
        user.roles = []
        #expect(try store.setDisabled(id: user.id, true))
        user.isDisabled = true
        #expect(try store.find(id: user.id) == user)
        #expect(try store.setDisabled(id: user.id, false))
        user.isDisabled = false
        #expect(try store.find(id: user.id) == user)
        #expect(try store.find(id: other.id) == other)
    }

    @Test(arguments: Kind.allCases)
    func `a password is replaced only while it is the expected one`(kind: Kind) throws {
        let store = try store(kind)
        let user = try record("bob", hash: "old")
        _ = try store.insert(user)

        #expect(try store.setPassword(id: user.id, hash: "new", replacing: "old"))
        #expect(try !store.setPassword(id: user.id, hash: "late", replacing: "old"))

        #expect(try store.find(id: user.id)?.hash == "new")
    }

    @Test(arguments: Kind.allCases)
    func `a deleted user is gone and the name is free`(kind: Kind) throws {
        let store = try store(kind)
        let user = try record("bob")
        _ = try store.insert(user)

        #expect(try store.delete(id: user.id))
        #expect(try !store.delete(id: user.id))

        #expect(try store.find(name: loginName("bob")) == nil)
        #expect(try store.insert(record("bob")) == .inserted)
    }

    @Test(arguments: Kind.allCases)
    func `pages of the list follow one another in order`(kind: Kind) throws {
        let store = try store(kind)
        let names = (0..<25).map { "user\($0 < 10 ? "0" : "")\($0)" }
        for name in names.reversed() { _ = try store.insert(record(name)) }

        var seen: [String] = []
        var last: LoginName?
        while true {
            let page = try store.list(after: last, limit: 10)
            guard let end = page.last else { break }
            #expect(page.count <= 10)
            seen += page.map(\.name.canonical)
            last = end.name
        }

        #expect(seen == names)
        #expect(try store.list(after: nil, limit: 0).isEmpty)
        #expect(try store.list(after: nil, limit: -1).isEmpty)
    }

    @Test(arguments: Kind.allCases)
    func `a role that a header could not carry is refused`(kind: Kind) throws {
        let store = try store(kind)
        let user = try record("bob", roles: ["ok"])
        _ = try store.insert(user)

        #expect(throws: StoreError.self) { try store.setRoles(id: user.id, roles: ["a,b"]) }
        #expect(throws: StoreError.self) { try store.insert(record("eve", roles: ["a\r\nb"])) }

        #expect(try store.find(id: user.id)?.roles == ["ok"])
        #expect(try store.find(name: loginName("eve")) == nil)
    }

    @Test(arguments: Kind.allCases)
    func `the kinds of hash are each named once`(kind: Kind) throws {
        let store = try store(kind)
        let kinds: [HashKind] = [
            .bcrypt(cost: 4), quick, .bcrypt(cost: 12), .argon2id(memoryKiB: 19456, passes: 2, lanes: 1),
        ]
        for (index, kind) in (kinds + kinds).enumerated() {
            _ = try store.insert(record("user\(index)", hash: PasswordHash.dummy(kind).text))
        }
        _ = try store.insert(record("odd", hash: "not a hash"))
        _ = try store.insert(record("absurd", hash: "$2b$31$" + String(repeating: "A", count: 53)))

        #expect(Set(try store.hashKinds()) == Set(kinds))
        #expect(try store.hashKinds().count == kinds.count)
    }

    @Test(arguments: Kind.allCases)
    func `of 200 concurrent inserts of one name exactly one wins`(kind: Kind) throws {
        let stores = try stores(kind, 4)
        let records = try (0..<200).map { try record($0 % 2 == 0 ? "bob" : "BOB", hash: "hash \($0)") }

        let results = concurrently(200) { index in
            Result { () throws(StoreError) in try stores[index % 4].insert(records[index]) }
        }

        #expect(results.filter { $0 == .success(.inserted) }.count == 1)
        #expect(results.filter { $0 == .success(.nameTaken) }.count == 199)
        #expect(try stores[0].list(after: nil, limit: 300).count == 1)
    }

    @Test(arguments: Kind.allCases)
    func `what one instance finished another sees`(kind: Kind) throws {
        let stores = try stores(kind, 2)
        let user = try record("bob")

        #expect(try stores[1].find(name: loginName("bob")) == nil)
        _ = try stores[0].insert(user)
        #expect(try stores[1].find(name: loginName("bob")) == user)
        _ = try stores[1].delete(id: user.id)
        #expect(try stores[0].find(name: loginName("bob")) == nil)
    }
}
