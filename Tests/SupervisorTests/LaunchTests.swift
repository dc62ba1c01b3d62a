import GatewayConfig
import Glibc
import Testing
import Transport

@testable import Supervisor

@Suite struct LaunchTests {
    @Test(arguments: [true, false])
    func `a worker reads what the master wrote`(requiresRedis: Bool) {
        let launch = WorkerLaunch(
            index: 1, count: 4, generation: 12, slot: 1_023, listeners: 2, requiresRedis: requiresRedis,
            stateDirectory: "/var/lib/a b")

        #expect(WorkerLaunch(arguments: launch.arguments) == launch)
    }

    @Test(arguments: [
        [], ["1"], ["1", "2", "3", "4", "5"], ["1", "2", "x", "4", "5", "0", "/s"],
        ["-1", "2", "3", "4", "5", "1", "/s"], ["1", "2", "3", "4", "5", "/s"],
    ])
    func `any other command line is not a worker's`(arguments: [String]) {
        #expect(WorkerLaunch(arguments: arguments) == nil)
    }

    @Test func `a snapshot is read whole, any number of times`() throws {
        let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 / 7) }
        let snapshot = try Snapshot(bytes)

        #expect(try Snapshot.read(snapshot.descriptor) == bytes)
        #expect(try Snapshot.read(snapshot.descriptor) == bytes)
        let empty = try Snapshot([])
        #expect(try Snapshot.read(empty.descriptor) == [])
        withExtendedLifetime((snapshot, empty)) {}
    }

    @Test func `sockets of the service manager are found by name`() {
        let variables = ["LISTEN_PID": "42", "LISTEN_FDS": "3", "LISTEN_FDNAMES": "web:admin:web"]

        let sockets = InheritedSockets(variable: { variables[$0] }, pid: 42)
        let foreign = InheritedSockets(variable: { variables[$0] }, pid: 43)

        #expect(sockets["web"] == 3)
        #expect(sockets["admin"] == 4)
        #expect(sockets["other"] == nil)
        #expect(sockets.isAmbiguous("web"))
        #expect(!sockets.isAmbiguous("admin"))
        #expect(foreign.names.isEmpty)
    }

    @Test(arguments: [
        ("max 100000\n", nil), ("100000 100000\n", 1), ("150000 100000\n", 2), ("50000 100000\n", 1),
        ("400000 100000", 4), ("", nil), ("0 0", nil), ("x y", nil),
    ])
    func `a CPU quota is rounded up to whole CPUs`(text: String, count: Int?) {
        #expect(CPUAllowance.parse(text) == count)
    }

    @Test(arguments: [
        (0, "exited with status 0"), (0x4e00, "exited with status 78"),
        (9, "was killed by signal 9 (Killed)"),
        (0x8b, "was killed by signal 11 (Segmentation fault)"),
    ])
    func `the end of a child is told in words`(status: Int32, text: String) {
        #expect(ChildProcess.describe(status: status) == text)
    }

    @Test func `a child gets the descriptors it is given, in order, and no others`() throws {
        let snapshot = try Snapshot(Array("second".utf8))
        var ends: [Int32] = [-1, -1]
        #expect(pipe2(&ends) == 0)
        defer { close(ends[0]) }

        let pid = try ChildProcess.spawn(
            "/bin/sh",
            arguments: ["sh", "-c", "cat /dev/fd/4 >&3; ls /proc/self/fd | wc -w >&3; echo $TRICK >&3"],
            environment: ["TRICK=a b", "PATH=/usr/bin:/bin"], descriptors: [ends[1], snapshot.descriptor])
        close(ends[1])
        var status: Int32 = -1
        waitpid(pid, &status, 0)
        var bytes = [UInt8](repeating: 0, count: 100)
        let count = read(ends[0], &bytes, bytes.count)

        withExtendedLifetime(snapshot) {}
        #expect(status == 0)
        // 0 to 4, and the directory that ls reads.
        #expect(String(decoding: bytes[..<max(count, 0)], as: UTF8.self) == "second6\na b\n")
    }

    private func pipe2(_ ends: inout [Int32]) -> Int32 {
        let result = pipe(&ends)
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return result
    }
}
