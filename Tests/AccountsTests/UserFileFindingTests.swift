import Accounts
import Foundation
import Testing

@Suite struct UserFileFindingTests {
    private static let hash = "$2b$04$abcdefghijklmnopqrstuuC5cBcvvZOQ7mXFHZFXb1nLkJ1qYk7eO"

    private func findings(_ text: String?) throws -> [FileUserStore.Finding] {
        let path = NSTemporaryDirectory() + "users-\(UUID().uuidString)"
        if let text { try text.write(toFile: path, atomically: true, encoding: .utf8) }
        defer { try? FileManager.default.removeItem(atPath: path) }
        let found = FileUserStore.findings(path: path)
        #expect(found.allSatisfy { !$0.message.contains(path) }, "the path is told beside it")
        return found
    }

    @Test func `a good file has nothing to tell`() throws {
        #expect(try findings("# staff\n\nanna:\(Self.hash):admin\nbob:!:\n") == [])
    }

    @Test(arguments: [
        ("anna:\(hash)\nbroken\n", 2), ("anna:\(hash)\nANNA:\(hash)\n", 2), (":\(hash)\n", 1),
        ("anna::admin", 1),
        ("\nanna:admin:\(hash)\n", 2),
    ])
    func `the line of a fault is told, and no hash`(_ text: String, _ line: Int) throws {
        let found = try findings(text)

        #expect(found.map(\.line) == [line])
        #expect(found.allSatisfy { $0.isFault && !$0.message.contains("$2b") }, "\(found)")
    }

    @Test func `users whose hash is of no use are told one by one`() throws {
        let found = try findings("anna:\(Self.hash)\nbob:plain\ncarl:words\n")

        #expect(found.map(\.line) == [2, 3])
        #expect(found.allSatisfy { !$0.isFault })
    }

    @Test func `a file that is not there is a fault`() throws {
        let found = try findings(nil)

        #expect(found.count == 1 && found[0].isFault && found[0].message.contains("No such file"))
    }
}
