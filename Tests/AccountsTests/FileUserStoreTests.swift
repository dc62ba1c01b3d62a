import Foundation
import Testing

@testable import Accounts

@Suite("FileUserStore")
struct FileUserStoreTests {
    private let scratch: Scratch
    private var path: String { scratch.file("users.txt") }

    init() throws { scratch = try Scratch() }

    private func write(_ text: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
    }

    private func open(_ text: String, isWatched: Bool = true) throws -> FileUserStore {
        try write(text)
        return try FileUserStore(path: path, isWatched: isWatched, rest: .zero)
    }

    private let hash = "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ="

    @Test
    func `plain htpasswd and lines with roles are read, with comments and either line end`() throws {
        let store = try open(
            "# people\r\n\r\n  # more\nAnna:\(hash)\r\nbob:\(hash):admin,ops:eu\ncarl+x@example.org:\(hash):\ndan:!\(hash)"
        )

        let anna = try #require(try store.find(name: loginName("ANNA")))
        #expect(anna.id.text == "anna" && anna.displayName == "Anna" && anna.roles == [] && anna.hash == hash)
        #expect(try store.find(name: loginName("bob"))?.roles == ["admin", "ops:eu"])
        let carl = try #require(try store.find(name: loginName("carl+x@example.org")))
        #expect(carl.id.text == "carl:2bx@example.org")
        #expect(try store.find(id: carl.id) == carl)
        let dan = try #require(try store.find(name: loginName("dan")))
        #expect(dan.isDisabled && dan.hash == hash)
        #expect(
            try store.list(after: nil, limit: 10).map(\.name.canonical) == [
                "anna", "bob", "carl+x@example.org", "dan",
            ])
        #expect(
            try store.list(after: loginName("bob"), limit: 1).map(\.name.canonical) == ["carl+x@example.org"])
        #expect(try store.hashKinds() == [.sha1])
    }

    @Test(arguments: [
        ("anna", 1), ("a:x\n:x", 2), ("a:x\nA:y", 2), ("a:", 1), ("a:x:b c", 1), ("a b:x", 1),
        ("a:x:r\u{1}", 1),
        ("\u{FEFF}a:x", 1), (String(repeating: "a", count: 129) + ":x", 1), ("a:x\n\n<html>", 3),
    ])
    func `a wrong line refuses the whole file and is named`(text: String, line: Int) throws {
        try write(text)

        #expect {
            _ = try FileUserStore(path: path)
        } throws: { error in
            guard case .unavailable(.corrupt, let detail) = error as? StoreError else { return false }
            return detail.hasPrefix("\(path):\(line): ")
        }
    }

    @Test
    func `random bytes are refused or read, and never more`() throws {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<300 {
            let text = (0..<Int.random(in: 0..<60)).map { _ in
                UInt8.random(in: 0...255, using: &random) & (Bool.random() ? 0x7F : 0xFF)
            }
            _ = try? UserFileContent(text + bytes(":x\n"), createdMs: 0)
        }
    }

    @Test
    func `a missing file, a directory and a huge one are refused`() throws {
        #expect(throws: StoreError.self) { try FileUserStore(path: scratch.file("none")) }
        #expect(throws: StoreError.self) { try FileUserStore(path: scratch.path) }
        #expect(throws: StoreError.self) { try FileUserStore(path: "/dev/zero") }
    }

    @Test
    func `a change counts at once, and says whose sessions it concerns`() throws {
        let store = try open("a:1:x\nb:1\nc:1\nd:1\ne:1:r")
        try write("a:1:y\nb:2\nd:!1\ne:1:r\nf:1")

        #expect(try store.find(name: loginName("b"))?.hash == "2")
        #expect(try store.find(name: loginName("c")) == nil)
        #expect(store.look() == [.changed(users: 5, unusable: 4)])
        let id = { UserID($0) }
        #expect(
            store.takeChanges()
                == [
                    .roles(try #require(id("a")), ["y"]), .ended(try #require(id("b"))),
                    .ended(try #require(id("c"))), .ended(try #require(id("d"))),
                ])
        #expect(store.takeChanges().isEmpty && store.look().isEmpty)
    }

    @Test(arguments: ["a:1\nbroken", "", "# nobody\n", "a:1\na:2"])
    func `a wrong file changes nothing, is told once, and a right one is taken again`(text: String) throws {
        let store = try open("a:1")
        try write(text)

        #expect(try store.find(name: loginName("a"))?.hash == "1")
        let looks = store.look()
        #expect(looks.count == 1)
        guard case .refused(let reason) = looks.first else { throw TestFailure(what: "\(looks)") }
        #expect(reason.contains(path))
        #expect(store.look().isEmpty && store.takeChanges().isEmpty)
        try write("a:3")
        #expect(try store.find(name: loginName("a"))?.hash == "3")
    }

    @Test
    func `a removed file leaves the users, and is told once`() throws {
        let store = try open("a:1")
        try FileManager.default.removeItem(atPath: path)

        #expect(try store.find(name: loginName("a")) != nil)
        #expect(try store.find(name: loginName("a")) != nil)
        #expect(store.look().count == 1)
        try write("a:2")
        #expect(try store.find(name: loginName("a"))?.hash == "2")
    }

    @Test
    func `a file that is still being written is not taken`() throws {
        try write("a:1\nb:1")
        let store = try FileUserStore(path: path, rest: .seconds(60))
        try write("a:1")

        #expect(try store.find(name: loginName("b")) != nil)
        #expect(store.look().isEmpty)
    }

    @Test
    func `a file that is not watched stays as it was`() throws {
        let store = try open("a:1", isWatched: false)
        try write("b:1")

        #expect(try store.find(name: loginName("a")) != nil)
        #expect(try store.find(name: loginName("b")) == nil)
    }

    @Test
    func `every change is refused with what to do instead`() throws {
        let store = try open("a:\(hash)")
        let accounts = Accounts(store: store, kind: quick)
        let id = try #require(UserID("a"))

        #expect(throws: StoreError.self) { try store.insert(record("b")) }
        #expect(throws: StoreError.self) { try store.setPassword(id: id, hash: "x") }
        #expect(throws: StoreError.self) { try store.setRoles(id: id, roles: []) }
        #expect(throws: StoreError.self) { try store.setDisabled(id: id, true) }
        #expect(throws: StoreError.self) { try store.delete(id: id) }
        let reason = try #require(store.readOnlyReason)
        #expect(
            accounts.register(name: bytes("b"), password: bytes("a long enough one")) == .readOnly(reason))
        #expect(accounts.resetPassword(id: id, new: bytes("a long enough one")) == .readOnly(reason))
        #expect(
            accounts.changePassword(id: id, current: bytes("secret"), new: bytes("a long enough one"))
                == .readOnly(reason))
        // And a login does not try to store a better hash.
        guard case .ok(let user) = accounts.authenticate(name: bytes("A"), password: bytes("secret")) else {
            throw TestFailure(what: "no login")
        }
        #expect(user.hash == hash)
    }
}
