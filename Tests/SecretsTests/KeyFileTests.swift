import Glibc
import Testing

@testable import Secrets

@Suite("KeyFile")
final class KeyFileTests {
    let directory: String

    init() throws {
        var template = [CChar]("/tmp/keyfile-XXXXXX".utf8CString)
        directory = try #require(mkdtemp(&template).map { String(cString: $0) })
    }

    deinit {
        for name in names() { unlink(directory + "/" + name) }
        rmdir(directory)
    }

    @Test func `is made once, for the owner only, and read again afterwards`() throws {
        let path = directory + "/session.key"

        let first = try KeyFile.readOrCreate(path: path)
        let second = try KeyFile.readOrCreate(path: path)
        var status = stat()
        stat(path, &status)

        #expect(first.count == 32)
        #expect(first == second)
        #expect(status.st_mode & 0o7777 == 0o600)
        #expect(status.st_size == 45)
        #expect(names() == ["session.key"])
    }

    @Test func `one that is there is never changed`() throws {
        let path = directory + "/key"
        try write("0123456789abcdefg123456789abcdef\n", to: path)

        #expect(try KeyFile.readOrCreate(path: path) == [UInt8]("0123456789abcdefg123456789abcdef".utf8))

        try write("short\n", to: path)
        #expect(throws: KeyFileFailure.tooShort(count: 5)) { try KeyFile.readOrCreate(path: path) }
        try write("", to: path)
        #expect(throws: KeyFileFailure.tooShort(count: 0)) { try KeyFile.readOrCreate(path: path) }
    }

    @Test func `of many that make it at once all have the same key`() async throws {
        let path = directory + "/key"

        let keys = try await withThrowingTaskGroup(of: [UInt8].self) { group in
            for _ in 0..<16 { group.addTask { try KeyFile.readOrCreate(path: path) } }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }

        #expect(keys.count == 1)
        #expect(names() == ["key"])
    }

    @Test func `says why there is no key`() throws {
        #expect(throws: KeyFileFailure.system(call: "open", errno: ENOENT)) {
            try KeyFile.read(path: directory + "/none")
        }
        #expect(throws: KeyFileFailure.system(call: "open", errno: ENOENT)) {
            try KeyFile.readOrCreate(path: directory + "/none/key")
        }
        #expect(throws: KeyFileFailure.unsuitable) { try KeyFile.read(path: directory) }
        try write(String(repeating: "x", count: 4097), to: directory + "/big")
        #expect(throws: KeyFileFailure.unsuitable) { try KeyFile.read(path: directory + "/big") }
        mkfifo(directory + "/fifo", 0o600)
        #expect(throws: KeyFileFailure.unsuitable) { try KeyFile.read(path: directory + "/fifo") }
    }

    private func write(_ text: String, to path: String) throws {
        let file = try #require(fopen(path, "w"))
        fputs(text, file)
        fclose(file)
    }

    private func names() -> [String] {
        guard let stream = opendir(directory) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }
}
