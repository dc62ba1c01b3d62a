import Glibc
import Testing
import Transport

@testable import Operations

@Suite struct ControlTests {
    final class Recorder: WorkerControlDelegate, ControlReceiver {
        var words: [String] = []
        func onDrain() { words.append("drain") }
        func onTerminate(graceMilliseconds: Int) { words.append("terminate \(graceMilliseconds)") }
        func onReopenLogs() { words.append("reopen") }
        func onDump() { words.append("dump") }
        func onMasterGone() { words.append("gone") }
        func onMessage(_ channel: ControlChannel, _ message: ControlMessage) { words.append("\(message)") }
        func onEnd(_ channel: ControlChannel) { words.append("end") }
    }

    @Test(arguments: [
        ControlMessage.ready, .draining, .drain, .reopenLogs, .dump, .ping, .pong,
        .terminate(graceMilliseconds: 0),
        .terminate(graceMilliseconds: 8_000), .failed("no such table: users"),
    ])
    func `what one side writes the other reads`(message: ControlMessage) {
        #expect(ControlMessage(line: message.line.dropLast()) == message)
    }

    @Test(arguments: ["", "ready", "TERM", "TERM -1", "TERM x", "READY ", "STOP"])
    func `anything else is not understood`(line: String) {
        #expect(ControlMessage(line: Array(line.utf8)) == nil)
    }

    @Test func `a reason of several lines stays one line`() {
        let line = ControlMessage.failed("a\nREADY\n" + String(repeating: "x", count: 5_000)).line

        #expect(line.filter { $0 == 0x0a }.count == 1)
        #expect(line.count <= ControlMessage.maximumLine)
    }

    @Test func `a worker hears its master, and notices its end`() throws {
        let loop = try EventLoop()
        let (near, far) = try ControlChannel.makePair()
        let worker = Recorder()
        let master = Recorder()
        let control = try WorkerControl(loop: loop, descriptor: near, delegate: worker)
        let channel = try ControlChannel(loop: loop, descriptor: far, receiver: master)

        control.sendReady()
        control.sendFailed("after all")
        for message in [ControlMessage.reopenLogs, .dump, .ping, .drain, .terminate(graceMilliseconds: 5)] {
            channel.send(message)
        }
        for _ in 0..<3 { loop.tick(limit: 20) }
        #expect(worker.words == ["reopen", "dump", "drain", "terminate 5"])
        #expect(master.words == ["ready", "failed(\"after all\")", "pong", "draining"])

        channel.close()
        for _ in 0..<3 { loop.tick(limit: 20) }
        #expect(worker.words.last == "gone")
        #expect(master.words.last != "end")
    }

    @Test func `a line that never ends closes the pipe`() throws {
        let loop = try EventLoop()
        let (near, far) = try ControlChannel.makePair()
        let master = Recorder()
        let channel = try ControlChannel(loop: loop, descriptor: near, receiver: master)

        let flood = [UInt8](repeating: UInt8(ascii: "x"), count: 5_000)
        _ = send(far, flood, flood.count, 0)
        for _ in 0..<4 { loop.tick(limit: 20) }
        close(far)

        #expect(master.words == ["end"])
        #expect(channel.descriptor == -1)
    }
}
