import Glibc
import Testing

@testable import Supervisor

@Suite struct ServiceManagerTests {
    /// A datagram socket that plays systemd's.
    final class Receiver {
        let descriptor: Int32
        init(_ name: [UInt8]) {
            descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_NONBLOCK.rawValue), 0)
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
            let length = socklen_t(2 + name.count)
            withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = bind(descriptor, $0, length) }
            }
        }
        deinit { close(descriptor) }
        func receive() -> String? {
            var bytes = [UInt8](repeating: 0, count: 4_096)
            let count = recv(descriptor, &bytes, bytes.count, 0)
            return count < 0 ? nil : String(decoding: bytes[..<count], as: UTF8.self)
        }
    }

    static func manager(_ variables: [String: String], pid: Int = 42) -> ServiceManager {
        ServiceManager(variable: { variables[$0] }, pid: pid)
    }

    @Test func `states arrive in one message, at a file as well as at an abstract name`() {
        let path = Scratch.directory() + "/notify"
        let name = "gatehouse-test-\(getpid())"
        let atFile = Receiver(Array(path.utf8))
        let abstract = Receiver([0] + Array(name.utf8))

        let first = Self.manager(["NOTIFY_SOCKET": path]).send(["READY=1", "STATUS=Serving"])
        let second = Self.manager(["NOTIFY_SOCKET": "@" + name]).send(["STOPPING=1"])

        #expect(first)
        #expect(second)
        #expect(atFile.receive() == "READY=1\nSTATUS=Serving")
        #expect(abstract.receive() == "STOPPING=1")
    }

    @Test func `text cannot smuggle in a state`() {
        let path = Scratch.directory() + "/notify"
        let receiver = Receiver(Array(path.utf8))

        Self.manager(["NOTIFY_SOCKET": path]).send(["STATUS=cannot listen\nWATCHDOG=1"])

        #expect(receiver.receive() == "STATUS=cannot listen WATCHDOG=1")
    }

    @Test(arguments: [
        nil, "", "/", "@", "vsock:2:1234", "relative/path", "/" + String(repeating: "x", count: 200),
    ])
    func `without a socket nothing is sent`(name: String?) {
        let manager = Self.manager(name.map { ["NOTIFY_SOCKET": $0] } ?? [:])

        let isThere = manager.isThere
        #expect(!isThere)
        let isSent = manager.send(["READY=1"])
        #expect(!isSent)
    }

    @Test func `a socket that nobody reads, or that is gone, holds nothing up`() {
        let path = Scratch.directory() + "/notify"
        let manager = Self.manager(["NOTIFY_SOCKET": path])
        var receiver: Receiver? = Receiver(Array(path.utf8))
        var sent = 0
        while manager.send(["WATCHDOG=1"]), sent < 100_000 { sent += 1 }
        #expect(sent < 100_000)

        receiver = nil
        let isSent = manager.send(["WATCHDOG=1"])

        #expect(!isSent)
        withExtendedLifetime(receiver) {}
    }

    @Test(
        arguments: [
            (["WATCHDOG_USEC": "30000000"], 30_000),
            (["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "42"], 30_000),
            (["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "43"], nil), (["WATCHDOG_USEC": "0"], nil),
            (["WATCHDOG_USEC": "x"], nil), (["WATCHDOG_USEC": "1"], 1), ([:], nil),
        ] as [([String: String], Int?)])
    func `the watchdog is wanted of the process that it names`(variables: [String: String], interval: Int?) {
        let found = Self.manager(variables).watchdogMilliseconds
        #expect(found == interval)
    }
}
