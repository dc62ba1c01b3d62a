import Foundation
import GatewayConfig
import Glibc
import Testing

@testable import Supervisor
@testable import Transport

@Suite(.serialized) struct ListenerSetTests {
    static func unix(_ name: String) -> ListenerSettings {
        ListenerSettings(endpoint: .unix(path: Scratch.directory() + "/" + name))
    }

    static func path(_ listener: ListenerSettings) -> String {
        if case .unix(let path) = listener.endpoint { path } else { "" }
    }

    @Test func `what stays keeps its socket, what is new is opened, what is gone is closed at the end`()
        throws
    {
        let set = ListenerSet(inherited: InheritedSockets(variable: { _ in nil }, pid: 1))
        let (one, two, three) = (Self.unix("1"), Self.unix("2"), Self.unix("3"))

        let first = try set.prepare([one, two])
        set.commit([one, two])
        let second = try set.prepare([three, two])
        #expect(access(Self.path(one), F_OK) == 0)
        set.commit([three, two])

        #expect(second[1] == first[1])
        #expect(second[0] != first[0])
        #expect(access(Self.path(one), F_OK) != 0)
        #expect(access(Self.path(two), F_OK) == 0)
        set.closeAll()
        #expect(access(Self.path(two), F_OK) != 0)
    }

    /// One more than the queue's length are let in before accept(2) is called (listen(2), unix(7)).
    @Test func `a queue that is made longer or shorter is so at once`() throws {
        let set = ListenerSet(inherited: InheritedSockets(variable: { _ in nil }, pid: 1))
        var listener = Self.unix("queue")
        let address = try #require(SocketAddress(unixPath: Self.path(listener)))
        var waiting: [Int32] = []
        for (backlog, expected) in [(2, 3), (5, 6), (1, 6)] {
            listener.backlog = backlog
            _ = try set.prepare([listener])
            set.commit([listener])
            for _ in 0..<20 {
                if let descriptor = try? Sockets.connect(address).release() { waiting.append(descriptor) }
            }
            #expect(waiting.count == expected, "\(backlog)")
        }
        for descriptor in waiting { close(descriptor) }
        set.closeAll()
    }

    @Test func `the kernel's limit is a number, or nothing is said`() throws {
        let file = Scratch.directory() + "/somaxconn"
        for (text, limit) in [
            ("4096\n", 4_096), ("1", 1), ("", nil), ("x", nil), ("99999999999999999999", 1 << 31),
        ] {
            try Data(text.utf8).write(to: URL(fileURLWithPath: file))
            #expect(KernelLimits.queue(file) == limit, "\(text)")
        }
        #expect(KernelLimits.queue("/nonexistent") == nil)
        #expect(try #require(KernelLimits.queue()) > 0)
    }

    @Test func `after a failure all is as before`() throws {
        let set = ListenerSet(inherited: InheritedSockets(variable: { _ in nil }, pid: 1))
        let (one, two) = (Self.unix("1"), Self.unix("2"))
        let impossible = ListenerSettings(endpoint: .unix(path: "/nonexistent/dir/socket"))
        let before = try set.prepare([one])
        set.commit([one])

        let failure = #expect(throws: ExitFailure.self) { try set.prepare([two, impossible]) }

        #expect(failure?.status == 73)
        #expect(
            failure?.message == "cannot listen on unix:/nonexistent/dir/socket: No such file or directory")
        #expect(access(Self.path(two), F_OK) != 0)
        #expect(try set.prepare([one]) == before)
    }

    @Test func `an address in use is named, and its status is 73`() throws {
        let taken = try Sockets.listen(#require(SocketAddress(literal: "127.0.0.1", port: 0)), backlog: 1)
        let port = try #require(Sockets.localAddress(taken.number)?.port)
        let set = ListenerSet(inherited: InheritedSockets(variable: { _ in nil }, pid: 1))

        let failure = #expect(throws: ExitFailure.self) {
            try set.prepare([ListenerSettings(endpoint: .tcp(host: "127.0.0.1", port: port))], patience: 100)
        }

        #expect(failure?.status == 73)
        #expect(failure?.message == "cannot listen on 127.0.0.1:\(port): Address already in use")
    }

    @Test func `a path too long for a socket address works all the same`() throws {
        var directory = Scratch.directory()
        for _ in 0..<8 { directory += "/a-directory-of-some-length" }
        try StateDirectory.make(directory)
        let listener = ListenerSettings(endpoint: .unix(path: directory + "/socket"))
        let set = ListenerSet(inherited: InheritedSockets(variable: { _ in nil }, pid: 1))

        _ = try set.prepare([listener])

        let socket = try DirectorySocket(directory + "/socket")
        #expect(throws: Never.self) { _ = try Sockets.connectBlocking(socket.address()) }
        set.closeAll()
        #expect(access(directory + "/socket", F_OK) != 0)
    }

    @Test func `a socket that nobody passed is an error that lists what was passed`() {
        let variables = ["LISTEN_PID": "1", "LISTEN_FDS": "1", "LISTEN_FDNAMES": "web"]
        let set = ListenerSet(inherited: InheritedSockets(variable: { variables[$0] }, pid: 1))

        let failure = #expect(throws: ExitFailure.self) {
            try set.prepare([ListenerSettings(endpoint: .inherited(name: "wbe"))])
        }

        #expect(
            failure?.message.hasSuffix("the service manager passed no such socket; it passed: web") == true)
    }

    @Test(arguments: [("web", "passed several sockets"), ("log", "passed no listening stream socket")])
    func `a socket that nobody could accept from is refused`(name: String, reason: String) throws {
        // Far away from whatever the test process has at 3.
        let names = "web:web" + String(repeating: ":", count: 998) + "log"
        let variables = ["LISTEN_PID": "1", "LISTEN_FDS": "1000", "LISTEN_FDNAMES": names]
        let set = ListenerSet(inherited: InheritedSockets(variable: { variables[$0] }, pid: 1))

        let failure = #expect(throws: ExitFailure.self) {
            try set.prepare([ListenerSettings(endpoint: .inherited(name: name))])
        }

        #expect(failure?.status == ExitStatus.cannotCreate)
        #expect(failure?.message.contains(reason) == true)
    }

    @Test func `what no listener takes is named`() {
        let variables = ["LISTEN_PID": "1", "LISTEN_FDS": "2", "LISTEN_FDNAMES": "web:admin"]
        let set = ListenerSet(inherited: InheritedSockets(variable: { variables[$0] }, pid: 1))

        #expect(set.unused([ListenerSettings(endpoint: .inherited(name: "web"))]) == ["admin"])
    }
}
