import Foundation
import Testing

@testable import Supervisor

@Suite struct `File watch` {
    private let directory: URL

    init() throws {
        directory = FileManager.default.temporaryDirectory.appending(path: "watch-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    }

    private func path(_ name: String) -> String { directory.appending(path: name).path }

    private func write(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: directory.appending(path: name), options: .atomic)
    }

    private func looks(_ watch: inout FileWatch, _ count: Int) -> [Bool] {
        (0..<count).map { _ in watch.look() }
    }

    @Test func `a change is told once, when it is over`() throws {
        try write("a", "one")
        var watch = FileWatch()
        watch.follow([path("a")])
        var told = looks(&watch, 1)
        try write("a", "two")
        told += looks(&watch, 1)
        try write("a", "three")
        told += looks(&watch, 3)
        #expect(told == [false, false, false, true, false])
    }

    @Test func `what the gateway has made itself is no change`() throws {
        var watch = FileWatch()
        watch.follow([path("key")])
        try write("key", "new")
        watch.accept(path("key"))
        let told = looks(&watch, 2)
        #expect(told == [false, false])
    }

    @Test func `files that come and go are changes`() throws {
        var watch = FileWatch()
        var told: [Bool] = []
        watch.follow([path("b")])
        try write("b", "")
        told.append(contentsOf: looks(&watch, 2))
        try FileManager.default.removeItem(atPath: path("b"))
        told.append(contentsOf: looks(&watch, 2))
        #expect(told == [false, true, false, true])
    }

    @Test
    func `a change while the files are read is not missed, and what is not followed any more is not told`()
        throws
    {
        try write("a", "one")
        try write("b", "one")
        var watch = FileWatch()
        var told: [Bool] = []
        watch.follow([path("a"), path("b")])
        try write("a", "two")
        watch.follow([path("a")])
        try write("b", "two")
        told.append(contentsOf: looks(&watch, 2))
        try write("b", "three")
        told.append(contentsOf: looks(&watch, 2))
        #expect(told == [false, true, false, false])
    }
}
