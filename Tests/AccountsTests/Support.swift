import Accounts
import Foundation
import Synchronization

/// Costs that a test can afford.
let quick = HashKind.argon2id(memoryKiB: 8, passes: 1, lanes: 1)

func bytes(_ text: String) -> [UInt8] { [UInt8](text.utf8) }

/// A login name that the test knows to be one.
func loginName(_ text: String) throws -> LoginName {
    guard let name = LoginName(text) else { throw TestFailure(what: "not a login name: \(text)") }
    return name
}

func record(_ name: String, hash: String = "x", roles: [String] = []) throws -> UserRecord {
    UserRecord(
        id: try UserID.make(), name: try loginName(name), hash: hash, roles: roles,
        createdMs: 1_700_000_000_123)
}

struct TestFailure: Error { let what: String }

/// A directory that is gone with the test.
final class Scratch: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/accounts-test.XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw TestFailure(what: "mkdtemp") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { path + "/" + name }
}

/// Runs `body` on `count` threads at once and collects what each returned.
func concurrently<Result: Sendable>(_ count: Int, _ body: @escaping @Sendable (Int) -> Result) -> [Result] {
    let results = Collected<Result>()
    let threads = (0..<count).map { index in
        let done = DispatchSemaphore(value: 0)
        Thread {
            results.add(body(index))
            done.signal()
        }.start()
        return done
    }
    for done in threads { done.wait() }
    return results.values
}

final class Collected<Element: Sendable>: Sendable {
    private let storage = Mutex<[Element]>([])
    var values: [Element] { storage.withLock { $0 } }
    func add(_ element: Element) { storage.withLock { $0.append(element) } }
}
