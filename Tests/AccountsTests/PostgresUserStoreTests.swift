import Foundation
import Testing

@testable import Accounts

@Suite("PostgresUserStore")
struct PostgresUserStoreTests {
    /// An application's table, and the store that uses it.
    private func application(
        find: String =
            "select id, email, password, tags as roles, gone as disabled from people where email = $1",
        setPassword: PostgresStatements.Statement? = .init(
            text: "update people set password = $2 where id = $1", count: 2)
    ) throws -> (PostgresUserStore, PostgresConnection) {
        let server = PostgresServer(url: try PostgresTestServer.freshURL())
        let connection = try PostgresConnection(server)
        _ = try sql(
            connection,
            """
            create table people (id serial primary key, email varchar not null unique, password varchar, tags text[],
                gone timestamptz)
            """)
        let statements = PostgresStatements(
            find: .init(text: find, count: 1),
            insert: .init(text: "insert into people (email, password) values ($1, $2)", count: 2),
            setPassword: setPassword)
        return (PostgresUserStore(server, statements: statements), connection)
    }

    private func sql(_ connection: PostgresConnection, _ text: String) throws -> [[String?]] {
        try connection.run(text, deadline: .now + .seconds(10)).rows
    }

    @Test
    func `a user of an application's table has its id, roles and lock`() throws {
        let (store, connection) = try application()
        _ = try sql(
            connection,
            "insert into people (email, password, tags, gone) values ('a@x.org', 'h', '{admin,ops}', now()), "
                + "('b@x.org', null, null, null)")

        let first = try #require(try store.find(name: loginName("A@x.org")))
        #expect(
            first.id.text == "1" && first.hash == "h" && first.roles == ["admin", "ops"] && first.isDisabled)
        let second = try #require(try store.find(name: loginName("b@x.org")))
        #expect(second.hash == "" && second.roles == [] && !second.isDisabled)
        #expect(try store.find(id: first.id) == first)
        #expect(try store.find(id: first.id, name: second.name) == nil)
        #expect(try store.find(name: loginName("c@x.org")) == nil)
    }

    @Test
    func `an application's table gives an inserted user its id, and takes a name once`() throws {
        let (store, _) = try application()
        let user = try record("a@x.org", hash: "h")

        guard case .insertedAs(let stored) = try store.insert(user) else {
            throw TestFailure(what: "not inserted")
        }
        #expect(stored.id.text == "1" && stored.hash == "h")
        #expect(try store.insert(user) == .nameTaken)
    }

    @Test(arguments: [
        PostgresStatements.Statement(text: "update people set password = $2 where id = $1", count: 2),
        .init(text: "update people set password = $2 where id = $1 and password = $3", count: 3),
    ])
    func `of many changes from one hash exactly one succeeds`(statement: PostgresStatements.Statement) throws
    {
        let (store, _) = try application(setPassword: statement)
        guard case .insertedAs(let user) = try store.insert(record("a@x.org", hash: "old")) else {
            throw TestFailure(what: "not inserted")
        }

        let results = concurrently(20) { index in
            (try? store.setPassword(id: user.id, hash: "new \(index)", replacing: "old")) ?? false
        }

        #expect(results.count { $0 } == 1)
        #expect(try store.find(id: user.id)?.hash.hasPrefix("new ") == true)
    }

    @Test
    func `what only the application changes is refused`() throws {
        let (store, _) = try application(setPassword: nil)
        let id = try #require(UserID("1"))

        #expect(throws: StoreError.self) { try store.setPassword(id: id, hash: "x") }
        #expect(throws: StoreError.self) { try store.setRoles(id: id, roles: []) }
        #expect(throws: StoreError.self) { try store.setDisabled(id: id, true) }
        #expect(throws: StoreError.self) { try store.delete(id: id) }
        #expect(throws: StoreError.self) { try store.list(after: nil, limit: 1) }
    }

    @Test(arguments: [
        ("select email from people where email = $1", "no column"),
        ("select id, password from people where email = $1 or true", "more than 1 rows"),
        ("selekt $1", "42601"), ("select 'a b' as id, 'h' as hash where $1 = $1", "is not 1 to 128"),
        ("select 1 as id, 'h' as hash, 'a b' as roles where $1 = $1", "role name"),
        ("select 1 as id, 'h' as hash, pg_sleep(30) where $1 = $1", "57014"),
    ])
    func `a wrong statement is an outage that says what is wrong, and the next call works`(
        find: String, said: String
    ) throws {
        let (good, connection) = try application()
        _ = try sql(
            connection, "insert into people (email, password) values ('a@x.org', 'h'), ('b@x.org', 'h')")
        let (store, other) = try application(find: find)
        _ = try sql(other, "insert into people (email, password) values ('a@x.org', 'h'), ('b@x.org', 'h')")

        for _ in 0..<2 {
            #expect {
                _ = try store.find(name: loginName("a@x.org"))
            } throws: { error in
                guard case .unavailable(_, let detail) = error as? StoreError else { return false }
                return detail.contains(said) || said == "57014" && detail.contains("in time")
            }
        }
        #expect(try good.find(name: loginName("a@x.org")) != nil)
    }

    @Test
    func `a server that cannot be reached is an outage, soon, and not tried by everybody`() throws {
        let store = PostgresUserStore(PostgresServer(url: "postgresql://app@/x?host=/nowhere"))
        let start = ContinuousClock.now

        for _ in 0..<50 {
            #expect(throws: StoreError.self) { try store.find(name: loginName("a")) }
        }
        #expect(ContinuousClock.now - start < .seconds(5))
    }

    @Test
    func `a server that accepts and is silent is an outage within the time to connect`() throws {
        let scratch = try Scratch()
        let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(listener) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let path = scratch.file(".s.PGSQL.5432")
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(bound == 0 && listen(listener, 5) == 0)
        let store = PostgresUserStore(
            PostgresServer(
                url: "postgresql://app@/x?host=\(scratch.path)", connectTimeout: .milliseconds(200)))
        let start = ContinuousClock.now

        #expect(throws: StoreError.self) { try store.find(name: loginName("a")) }

        #expect(ContinuousClock.now - start < .seconds(3))
    }
}
