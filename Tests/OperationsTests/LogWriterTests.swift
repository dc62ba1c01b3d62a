import Glibc
import Testing

@testable import Operations

@Suite struct LogWriterTests {
    @Test func `writes whole lines in order, appending to what the file has`() throws {
        let directory = TemporaryDirectory()
        let writer = try LogWriter(.file(path: directory.file("log")))
        defer { writer.stop() }

        for number in 0..<5_000 {
            let lineEnd = number % 2 == 0 ? "" : "\n"
            #expect(writer.append(Array("line \(number)\(lineEnd)".utf8)))
        }
        #expect(writer.flush(milliseconds: 5_000))

        let expected = (0..<5_000).map { "line \($0)\n" }.joined()
        #expect(directory.contents("log") == expected)
        #expect(writer.dropped == 0)
    }

    @Test func `lines of several threads stay whole`() throws {
        let directory = TemporaryDirectory()
        let writer = try LogWriter(.file(path: directory.file("log")))
        defer { writer.stop() }
        let threads = 4
        let each = 2_000

        let pids = (0..<threads).map { thread in
            startTestThread {
                for number in 0..<each {
                    let filler = String(repeating: "x", count: number % 300)
                    writer.append(Array("<\(thread) \(number) \(filler)>".utf8))
                }
            }
        }
        for pid in pids { pthread_join(pid, nil) }
        #expect(writer.flush(milliseconds: 5_000))

        let lines = directory.contents("log").split(separator: "\n")
        #expect(lines.count + writer.dropped == threads * each)
        #expect(lines.allSatisfy { $0.first == "<" && $0.last == ">" && !$0.dropFirst().contains("<") })
    }

    @Test func `a reader that does not read makes nobody wait, and lines are dropped whole`() throws {
        var ends: [Int32] = [-1, -1]
        #expect(pipe(&ends) == 0)
        defer { close(ends[0]) }
        let writer = try LogWriter(.file(path: "/proc/self/fd/\(ends[1])"), capacity: 16_384)
        close(ends[1])
        defer { writer.stop() }
        let line = [UInt8](repeating: UInt8(ascii: "a"), count: 999)

        var accepted = 0
        // More than pipe and ring hold, slowly enough for the thread to fill the pipe first.
        for number in 0..<200 {
            if writer.append(line) { accepted += 1 }
            if number % 10 == 0 { usleep(5_000) }
        }

        #expect(accepted < 200)
        #expect(accepted >= 65)
        #expect(writer.dropped == 200 - accepted)
        #expect(!writer.flush(milliseconds: 20))
        // Now somebody reads: all that was accepted comes, in whole lines.
        var received: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while received.count < accepted * 1_000, case let count = read(ends[0], &chunk, chunk.count),
            count > 0
        {
            received += chunk[..<count]
        }
        #expect(received.count == accepted * 1_000)
        #expect(received.split(separator: 0x0a).allSatisfy { $0.count == 999 })
        #expect(writer.flush(milliseconds: 1_000))
    }

    @Test func `a reader that is gone does not end the process`() throws {
        var ends: [Int32] = [-1, -1]
        #expect(pipe(&ends) == 0)
        let writer = try LogWriter(.file(path: "/proc/self/fd/\(ends[1])"))
        close(ends[1])
        close(ends[0])
        defer { writer.stop() }

        writer.append(Array("nobody hears this".utf8))

        #expect(writer.flush(milliseconds: 1_000))
        #expect(writer.dropped == 1)
        #expect(writer.failure == EPIPE)
    }

    @Test func `a full disk costs lines and nothing else`() throws {
        let writer = try LogWriter(.file(path: "/dev/full"))
        defer { writer.stop() }

        for _ in 0..<10 { #expect(writer.append(Array("no room".utf8))) }

        #expect(writer.flush(milliseconds: 1_000))
        #expect(writer.dropped == 10)
        #expect(writer.failure == ENOSPC)
    }

    @Test func `reopening goes on in a new file once the old one was moved away`() throws {
        let directory = TemporaryDirectory()
        let writer = try LogWriter(.file(path: directory.file("log")))
        defer { writer.stop() }

        writer.append(Array("old".utf8))
        writer.flush(milliseconds: 1_000)
        rename(directory.file("log"), directory.file("log.1"))
        writer.reopen()
        #expect(waitUntil { access(directory.file("log"), F_OK) == 0 })
        writer.append(Array("new".utf8))
        writer.flush(milliseconds: 1_000)

        #expect(directory.contents("log.1") == "old\n")
        #expect(directory.contents("log") == "new\n")
    }

    @Test func `a file that cannot be reopened is kept`() throws {
        let directory = TemporaryDirectory()
        let writer = try LogWriter(.file(path: directory.file("log")))
        defer { writer.stop() }
        rename(directory.file("log"), directory.file("kept"))
        mkdir(directory.file("log"), 0o700)
        defer { rmdir(directory.file("log")) }

        writer.reopen()
        #expect(waitUntil { writer.failure == EISDIR })
        writer.append(Array("still here".utf8))
        writer.flush(milliseconds: 1_000)

        #expect(directory.contents("kept") == "still here\n")
    }

    @Test func `a line that no write could hold is dropped`() throws {
        let directory = TemporaryDirectory()
        let writer = try LogWriter(.file(path: directory.file("log")))
        defer { writer.stop() }

        #expect(writer.append([UInt8](repeating: 0x61, count: LogWriter.maximumWrite - 1)))
        #expect(!writer.append([UInt8](repeating: 0x61, count: LogWriter.maximumWrite)))

        #expect(writer.flush(milliseconds: 1_000))
        #expect(directory.contents("log").utf8.count == LogWriter.maximumWrite)
        #expect(writer.dropped == 1)
    }

    @Test func `a path that cannot be opened is an error at once`() {
        #expect(throws: LogFailure(errno: ENOENT)) { try LogWriter(.file(path: "/nonexistent/dir/log")) }
    }
}

/// Whether `condition` comes true within two seconds.
func waitUntil(_ condition: () -> Bool) -> Bool {
    for _ in 0..<2_000 {
        if condition() { return true }
        usleep(1_000)
    }
    return condition()
}

/// Starts a thread that can be joined.
func startTestThread(_ body: @escaping @Sendable () -> Void) -> pthread_t {
    final class Box {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    var thread = pthread_t()
    pthread_create(
        &thread, nil,
        { argument in
            if let argument { Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body() }
            return nil
        }, Unmanaged.passRetained(Box(body)).toOpaque())
    return thread
}
