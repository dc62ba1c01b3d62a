import Accounts
import Testing

@Suite("Accounts")
struct AccountsTests {
    private let store = MemoryUserStore()
    private let hasher = CountingHasher()
    private let notices = Collected<AccountsNotice>()

    private func accounts(
        kind: HashKind = quick, store: (any UserStore)? = nil, hasher: CountingHasher? = nil
    ) -> Accounts {
        Accounts(
            store: store ?? self.store, kind: kind, defaultRoles: ["member"], hasher: hasher ?? self.hasher,
            now: { 42 }, notify: { [notices] in notices.add($0) })
    }

    @discardableResult
    private func add(_ name: String, kind: HashKind = quick, password: String = "correct horse") throws
        -> UserRecord
    {
        let user = try record(name, hash: PasswordHasher().hash(bytes(password), kind: kind))
        #expect(try store.insert(user) == .inserted)
        return user
    }

    @Test func `who registers can log in under every spelling of the name`() throws {
        let accounts = accounts()

        let result = accounts.register(name: bytes("Bob"), password: bytes("correct horse"))

        guard case .created(let user) = result else { throw TestFailure(what: "\(result)") }
        #expect(user.displayName == "Bob")
        #expect(user.name.canonical == "bob")
        #expect(user.roles == ["member"])
        #expect(user.createdMs == 42)
        #expect(accounts.authenticate(name: bytes("bOB"), password: bytes("correct horse")) == .ok(user))
        #expect(hasher.calls == .init(verified: [quick], hashed: [quick]))
    }

    @Test func `every failed login does one comparison of the configured cost`() throws {
        try add("bob")
        let disabled = try add("eve")
        _ = try store.setDisabled(id: disabled.id, true)
        let broken = try record("broken", hash: "$argon2id$v=19$m=4194304,t=1,p=1$c29tZXNhbHQ$AAAA")
        _ = try store.insert(broken)
        let cases: [(name: [UInt8], password: [UInt8], reason: BadCredentials)] = [
            (bytes("nobody"), bytes("correct horse"), .unknownName),
            (bytes("not a name"), bytes("correct horse"), .unknownName),
            ([0xff], bytes("correct horse"), .unknownName),
            ([], [], .unknownName),
            (bytes("bob"), bytes("wrong"), .wrongPassword),
            (bytes("bob"), [], .wrongPassword),
            (bytes("bob"), [UInt8](repeating: 0, count: 4096), .wrongPassword),
            (bytes("eve"), bytes("correct horse"), .disabled),
            (bytes("eve"), bytes("wrong"), .wrongPassword),
            (bytes("broken"), bytes("correct horse"), .unusableHash),
        ]

        for (name, password, reason) in cases {
            hasher.reset()
            #expect(accounts().authenticate(name: name, password: password) == .badCredentials(reason))
            #expect(hasher.calls == .init(verified: [quick], hashed: []))
        }
        guard case .unusableHash(broken.id, _)? = notices.values.first else {
            throw TestFailure(what: "\(notices.values)")
        }
        #expect(notices.values.count == 1)
    }

    @Test func `a second look at a user costs nothing while nothing has changed`() throws {
        let user = try add("bob")
        #expect(accounts().confirm(user, password: bytes("correct horse")) == .ok(user))
        _ = try store.setRoles(id: user.id, roles: ["admin"])
        guard case .ok(let now) = accounts().confirm(user, password: bytes("correct horse")) else {
            throw TestFailure(what: "not confirmed")
        }
        #expect(now.roles == ["admin"])
        #expect(hasher.calls == .init(verified: [], hashed: []))
    }

    @Test func `a second look finds who is disabled, gone, or has another password by now`() throws {
        let user = try add("bob")
        let password = bytes("correct horse")
        _ = try store.setPassword(id: user.id, hash: PasswordHasher().hash(password, kind: quick))
        guard case .ok = accounts().confirm(user, password: password) else {
            throw TestFailure(what: "another hash of the same password")
        }
        _ = try store.setPassword(id: user.id, hash: PasswordHasher().hash(bytes("another one"), kind: quick))
        #expect(accounts().confirm(user, password: password) == .badCredentials(.wrongPassword))
        _ = try store.setDisabled(id: user.id, true)
        #expect(accounts().confirm(user, password: bytes("another one")) == .badCredentials(.disabled))
        _ = try store.delete(id: user.id)
        #expect(accounts().confirm(user, password: password) == .badCredentials(.unknownName))
    }

    @Test(arguments: [HashKind.bcrypt(cost: 4), .argon2id(memoryKiB: 16, passes: 1, lanes: 1)])
    func `a login brings an old hash up to date, once`(old: HashKind) throws {
        let user = try add("bob", kind: old)

        guard
            case .ok(let first) = accounts().authenticate(
                name: bytes("bob"), password: bytes("correct horse"))
        else { throw TestFailure(what: "no login") }

        #expect(try PasswordHash(first.hash).kind == quick)
        #expect(try store.find(id: user.id)?.hash == first.hash)
        hasher.reset()
        #expect(accounts().authenticate(name: bytes("bob"), password: bytes("correct horse")) == .ok(first))
        #expect(hasher.calls == .init(verified: [quick], hashed: []))
    }

    @Test func `a wrong password and a disabled user upgrade nothing`() throws {
        let user = try add("bob", kind: .bcrypt(cost: 4))

        _ = accounts().authenticate(name: bytes("bob"), password: bytes("wrong"))
        _ = try store.setDisabled(id: user.id, true)
        _ = accounts().authenticate(name: bytes("bob"), password: bytes("correct horse"))

        #expect(try store.find(id: user.id)?.hash == user.hash)
        #expect(hasher.calls.hashed.isEmpty)
    }

    @Test func `an upgrade that fails never fails the login`() throws {
        let user = try add("bob", kind: .bcrypt(cost: 4))
        let failing = CountingHasher(hashFailure: .unavailable(reason: "no memory"))

        let result = accounts(hasher: failing).authenticate(
            name: bytes("bob"), password: bytes("correct horse"))

        #expect(result == .ok(user))
        guard case .upgradeFailed(user.id, _)? = notices.values.first else {
            throw TestFailure(what: "\(notices.values)")
        }
    }

    @Test func `a password that bcrypt cannot take stays with its Argon2id hash`() throws {
        let password = String(repeating: "long ", count: 20)
        let user = try add("bob", password: password)

        let result = accounts(kind: .bcrypt(cost: 4)).authenticate(
            name: bytes("bob"), password: bytes(password))

        #expect(result == .ok(user))
        #expect(try store.find(id: user.id)?.hash == user.hash)
    }

    @Test func `a hash that cannot be computed is an outage, not a wrong password`() throws {
        try add("bob")
        let failing = CountingHasher(verifyFailure: .unavailable(reason: "argon2id: Memory allocation error"))
        let accounts = accounts(hasher: failing)

        for name in ["bob", "nobody"] {
            guard
                case .unavailable(let detail) = accounts.authenticate(name: bytes(name), password: bytes("x"))
            else { throw TestFailure(what: "an answer for \(name)") }
            #expect(detail.contains("Memory allocation error"))
        }
    }

    @Test func `a store that does not answer is an outage everywhere`() throws {
        let accounts = accounts(store: BrokenStore())
        let (name, password) = (bytes("bob"), bytes("correct horse"))
        let detail = BrokenStore.error.description

        #expect(accounts.authenticate(name: name, password: password) == .unavailable(detail))
        #expect(accounts.register(name: name, password: password) == .unavailable(detail))
        let id = try UserID.make()
        #expect(accounts.changePassword(id: id, current: password, new: password) == .unavailable(detail))
        #expect(accounts.resetPassword(id: id, new: password) == .unavailable(detail))
        #expect(hasher.calls == .init())
    }

    @Test func `registration refuses in the order of cost`() throws {
        try add("bob.builder")
        let accounts = accounts()

        #expect(accounts.register(name: bytes("b b"), password: bytes("x")) == .invalidName)
        #expect(
            accounts.register(name: bytes("bob.builder"), password: bytes("x"))
                == .weakPassword(.tooShort(10)))
        #expect(
            accounts.register(name: bytes("New.Name.1"), password: bytes("new.name.1"))
                == .weakPassword(.sameAsName))
        #expect(accounts.register(name: bytes("BOB.builder"), password: bytes("correct horse")) == .nameTaken)
        #expect(hasher.calls == .init())
    }

    @Test func `of 200 concurrent registrations of one name exactly one is created`() throws {
        let scratch = try Scratch()
        let services = try (0..<4).map { _ in
            accounts(store: try SQLiteUserStore(path: scratch.file("users.db")))
        }

        let results = concurrently(200) { index in
            services[index % 4].register(
                name: bytes(index % 2 == 0 ? "Bob" : "bob"), password: bytes("correct horse \(index)"))
        }

        let created = results.compactMap { result -> UserRecord? in
            if case .created(let user) = result { user } else { nil }
        }
        #expect(created.count == 1)
        #expect(results.filter { $0 == .nameTaken }.count == 199)
        #expect(try services[0].store.list(after: nil, limit: 300) == created)
    }

    @Test func `a change of password asks for the current one`() throws {
        let user = try add("bob")
        let accounts = accounts()
        let (old, new) = (bytes("correct horse"), bytes("battery staple"))

        #expect(
            accounts.changePassword(id: user.id, current: bytes("wrong"), new: new)
                == .badCredentials(.wrongPassword))
        #expect(
            accounts.changePassword(id: user.id, current: old, new: bytes("x"))
                == .weakPassword(.tooShort(10)))
        #expect(accounts.changePassword(id: user.id, current: old, new: new) == .changed)

        #expect(accounts.authenticate(name: bytes("bob"), password: old) == .badCredentials(.wrongPassword))
        guard case .ok = accounts.authenticate(name: bytes("bob"), password: new) else {
            throw TestFailure(what: "the new password")
        }
        #expect(
            accounts.changePassword(id: try UserID.make(), current: old, new: new)
                == .badCredentials(.unknownName))
    }

    @Test func `of two changes from one password exactly one succeeds`() throws {
        let user = try add("bob")
        let accounts = accounts()

        let results = concurrently(16) { index in
            accounts.changePassword(
                id: user.id, current: bytes("correct horse"), new: bytes("new password \(index)"))
        }

        #expect(results.filter { $0 == .changed }.count == 1)
        #expect(results.filter { $0 == .badCredentials(.wrongPassword) }.count == 15)
    }

    @Test func `an operator sets a password without the current one`() throws {
        let user = try record("bob", hash: "unusable")
        _ = try store.insert(user)

        #expect(accounts().resetPassword(id: user.id, new: bytes("battery staple")) == .changed)

        guard case .ok = accounts().authenticate(name: bytes("bob"), password: bytes("battery staple")) else {
            throw TestFailure(what: "the new password")
        }
    }

    @Test func `the slowest comparison is that of the dearest kind in the store`() throws {
        try add("bob", kind: .bcrypt(cost: 9))

        let slowest = try accounts().slowestComparison()

        #expect(hasher.calls.verified.contains(.bcrypt(cost: 9)))
        #expect(hasher.calls.verified.contains(quick))
        #expect(slowest > .milliseconds(5))
    }
}
