import CSQLite
import Foundation
import Testing

@testable import Accounts

@Suite("SQLiteUserStore")
struct SQLiteUserStoreTests {
    private let scratch: Scratch
    private var path: String { scratch.file("users.db") }

    init() throws { scratch = try Scratch() }

    /// Runs SQL in the file behind the store's back.
    private func sql(_ text: String) throws {
        var handle: OpaquePointer?
        defer { sqlite3_close_v2(handle) }
        guard sqlite3_open(path, &handle) == SQLITE_OK, sqlite3_exec(handle, text, nil, nil, nil) == SQLITE_OK
        else { throw TestFailure(what: String(cString: sqlite3_errmsg(handle))) }
    }

    private func cause(_ body: () throws -> Void) -> StoreError.Cause? {
        do {
            try body()
            return nil
        } catch StoreError.unavailable(let cause, let detail) {
            #expect(detail.contains("users store "))
            #expect(detail.contains("; "))
            return cause
        } catch {
            Issue.record(error)
            return nil
        }
    }

    @Test func `users outlive the instance`() throws {
        let user = try record("bob", roles: ["a", "b"])
        do {
            let store = try SQLiteUserStore(path: path)
            _ = try store.insert(user)
        }

        #expect(try SQLiteUserStore(path: path).find(name: loginName("bob")) == user)
    }

    @Test func `the file and its companions are for the owner alone`() throws {
        let mask = umask(0)
        defer { umask(mask) }

        let store = try SQLiteUserStore(path: path)
        _ = try store.insert(record("bob"))

        for suffix in ["", "-wal", "-shm"] {
            var info = stat()
            #expect(stat(path + suffix, &info) == 0)
            #expect(info.st_mode & 0o777 == 0o600)
        }
    }

    @Test func `every commit is synchronous, in a write-ahead log`() throws {
        let store = try SQLiteUserStore(path: path)
        _ = try store.insert(record("bob"))

        var handle: OpaquePointer?
        defer { sqlite3_close_v2(handle) }
        #expect(sqlite3_open(path, &handle) == SQLITE_OK)
        var statement: OpaquePointer?
        defer { sqlite3_finalize(statement) }
        sqlite3_prepare_v2(handle, "PRAGMA journal_mode", -1, &statement, nil)
        #expect(sqlite3_step(statement) == SQLITE_ROW)
        #expect(sqlite3_column_text(statement, 0).map { String(cString: $0) } == "wal")
    }

    @Test func `many open a new file at once`() throws {
        let path = path
        let results = concurrently(16) { index in
            Result { () throws -> InsertResult in
                try SQLiteUserStore(path: path, busyMs: 20_000).insert(record("user\(index)"))
            }
        }

        for result in results { #expect(try result.get() == .inserted) }
        #expect(try SQLiteUserStore(path: path).list(after: nil, limit: 99).count == 16)
    }

    @Test func `a file that another is making is never taken for somebody else's`() {
        for round in 0..<60 {
            let path = scratch.file("users\(round).db")

            let failures = concurrently(4) { _ -> String? in
                do {
                    _ = try SQLiteUserStore(path: path)
                    return nil
                } catch { return "\(error)" }
            }

            #expect(failures.compactMap { $0 } == [])
        }
    }

    @Test func `a killed writer leaves whole users`() throws {
        // The copy of the files as they are at some moment is what a crash leaves.
        let store = try SQLiteUserStore(path: path)
        let users = try (0..<50).map { try record("user\($0)") }
        for user in users { _ = try store.insert(user) }
        let copy = scratch.file("copy.db")
        for suffix in ["", "-wal"] {
            try FileManager.default.copyItem(atPath: path + suffix, toPath: copy + suffix)
        }

        let found = try SQLiteUserStore(path: copy).list(after: nil, limit: 99)

        #expect(Set(found.map(\.id)) == Set(users.map(\.id)))
    }

    /// Fills `store` until it refuses; checks what a full disk may do and what it may not.
    private func fill(_ store: SQLiteUserStore, path: String, thenMakeRoom makeRoom: () throws -> Void) throws
    {
        var stored = [try record("bob")]
        _ = try store.insert(stored[0])

        var failure: (any Error)?
        for index in 0..<2000 where failure == nil {
            let next = try record("user\(index)", hash: String(repeating: "h", count: 2000))
            do { if try store.insert(next) == .inserted { stored.append(next) } } catch { failure = error }
        }

        guard case StoreError.unavailable(.diskFull, let detail)? = failure else {
            throw TestFailure(what: "\(String(describing: failure))")
        }
        #expect(detail.contains("disk full"))
        #expect(detail.contains(path))
        #expect(detail.contains("nothing was lost"))
        #expect(try store.find(name: loginName("bob")) == stored[0])
        try makeRoom()
        let later = try record("later")
        #expect(try store.insert(later) == .inserted)
        #expect(try Set(store.list(after: nil, limit: 9999).map(\.id)) == Set((stored + [later]).map(\.id)))
    }

    @Test func `a full disk refuses the user and keeps the others`() throws {
        let store = try SQLiteUserStore(path: path, busyMs: 2000, maximumPages: 40)

        try fill(store, path: path) { try store.limit(pages: 400) }
    }

    @Test(.enabled(if: SmallDisk.isAvailable, "needs the right to mount a tmpfs"))
    func `a file system without space refuses the user and keeps the others`() throws {
        let disk = try SmallDisk(at: scratch.file("disk"), size: "512k")
        let ballast = disk.path + "/ballast"
        try Data(count: 100 << 10).write(to: URL(fileURLWithPath: ballast))
        let store = try SQLiteUserStore(path: disk.path + "/users.db")

        try fill(store, path: disk.path) { unlink(ballast) }
        withExtendedLifetime(disk) {}
    }

    @Test func `a file that is not a database is refused, and left as it is`() throws {
        let content = Data(repeating: 0x41, count: 8192)
        try content.write(to: URL(fileURLWithPath: path))

        #expect(cause { _ = try SQLiteUserStore(path: path) } == .corrupt)

        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == content)
    }

    @Test func `a damaged page is an outage with advice, never a missing user`() throws {
        do {
            let store = try SQLiteUserStore(path: path)
            for index in 0..<300 { _ = try store.insert(record("user\(index)")) }
        }
        let handle = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        let size = try handle.seekToEnd()
        for offset in stride(from: UInt64(4096), to: size, by: 4096) {
            try handle.seek(toOffset: offset)
            try handle.write(contentsOf: Data(repeating: 0xaa, count: 4096))
        }
        try handle.close()
        let store = try SQLiteUserStore(path: path)

        #expect(cause { _ = try store.find(name: loginName("user7")) } == .corrupt)
        #expect(cause { _ = try store.find(name: loginName("user7")) } == .corrupt)
    }

    @Test func `the database of another program is refused and not touched`() throws {
        try sql("CREATE TABLE songs (title TEXT)")
        let before = try Data(contentsOf: URL(fileURLWithPath: path))

        #expect(cause { _ = try SQLiteUserStore(path: path) } == .corrupt)

        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
    }

    @Test func `a newer schema is refused and says what to do`() throws {
        _ = try SQLiteUserStore(path: path)
        try sql("PRAGMA user_version = 99")

        #expect(cause { _ = try SQLiteUserStore(path: path) } == .newerSchema)
        #expect {
            _ = try SQLiteUserStore(path: path)
        } throws: {
            "\($0)".contains("schema version 99") && "\($0)".contains("newer version")
        }
    }

    @Test(arguments: [
        "UPDATE users SET id = 'a b'", "UPDATE users SET name = 'other'",
        "UPDATE users SET display_name = 'é'",
        "UPDATE users SET roles = 'a b'", "UPDATE users SET display_name = CAST(x'62ff' AS TEXT)",
    ])
    func `a row that no gateway wrote is an outage, not an identity`(damage: String) throws {
        let store = try SQLiteUserStore(path: path)
        _ = try store.insert(record("bob"))
        try sql(damage)

        #expect(cause { _ = try store.list(after: nil, limit: 9) } == .corrupt)
    }

    @Test func `a missing directory and a directory in its place are said`() throws {
        #expect(cause { _ = try SQLiteUserStore(path: scratch.file("no/such/users.db")) } == .missing)
        #expect(cause { _ = try SQLiteUserStore(path: scratch.path) } != nil)
        #expect(throws: StoreError.self) { try SQLiteUserStore(path: "") }
        #expect(throws: StoreError.self) { try SQLiteUserStore(path: scratch.file("a\0b")) }
    }

    @Test func `the path is a file name, whatever SQLite reads into it`() throws {
        let before = FileManager.default.currentDirectoryPath
        #expect(FileManager.default.changeCurrentDirectoryPath(scratch.path))
        defer { _ = FileManager.default.changeCurrentDirectoryPath(before) }
        for name in [":memory:", "file:x?mode=memory"] {
            _ = try SQLiteUserStore(path: name).insert(record("bob"))

            #expect(try SQLiteUserStore(path: name).find(name: loginName("bob")) != nil)
            #expect(FileManager.default.fileExists(atPath: scratch.file(name)))
        }
    }

    @Test func `another process' write lock is waited for, then said`() throws {
        let store = try SQLiteUserStore(path: path, busyMs: 200)
        let user = try record("bob")
        _ = try store.insert(user)
        var other: OpaquePointer?
        defer { sqlite3_close_v2(other) }
        #expect(sqlite3_open(path, &other) == SQLITE_OK)
        #expect(sqlite3_exec(other, "BEGIN IMMEDIATE", nil, nil, nil) == SQLITE_OK)

        let start = ContinuousClock.now
        #expect(cause { _ = try store.insert(record("eve")) } == .busy)

        #expect(ContinuousClock.now - start >= .milliseconds(150))
        #expect(try store.find(name: loginName("bob")) == user)
        #expect(sqlite3_exec(other, "COMMIT", nil, nil, nil) == SQLITE_OK)
        #expect(try store.insert(record("eve")) == .inserted)
    }

    @Test func `a removed file is an outage, a restored one is opened`() throws {
        let store = try SQLiteUserStore(path: path)
        let user = try record("bob")
        _ = try store.insert(user)
        let backup = scratch.file("backup.db")
        try sql("VACUUM INTO '\(backup)'")
        for suffix in ["", "-wal", "-shm"] { unlink(path + suffix) }

        #expect(cause { _ = try store.find(name: loginName("bob")) } == .missing)
        #expect(cause { _ = try store.insert(record("eve")) } == .missing)
        try FileManager.default.moveItem(atPath: backup, toPath: path)

        #expect(try store.find(name: loginName("bob")) == user)
        #expect(try store.find(name: loginName("eve")) == nil)
    }
}

/// A tiny file system, gone with the test.
private final class SmallDisk {
    static let isAvailable: Bool = {
        guard let scratch = try? Scratch() else { return false }
        return (try? SmallDisk(at: scratch.file("probe"), size: "16k")) != nil
    }()

    let path: String

    init(at path: String, size: String) throws {
        guard mkdir(path, 0o700) == 0, mount("tmpfs", path, "tmpfs", 0, "size=\(size)") == 0 else {
            throw TestFailure(what: "mount")
        }
        self.path = path
    }

    deinit { umount2(path, 2) }
}
