import Foundation
import Synchronization

/// Directories for tests; all are gone when the process ends.
enum Scratch {
    private static let made = Mutex<[String]>([])

    /// A new, empty directory.
    static func directory() -> String {
        var template = Array("/tmp/gatehouse-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { return "/nonexistent" }
        let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let isFirst = made.withLock { paths in
            paths.append(path)
            return paths.count == 1
        }
        if isFirst { atexit { Scratch.removeAll() } }
        return path
    }

    private static func removeAll() {
        for path in made.withLock({ $0 }) { try? FileManager.default.removeItem(atPath: path) }
    }
}
