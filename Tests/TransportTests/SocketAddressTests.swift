import Glibc
import Testing

@testable import Transport

@Suite struct SocketAddressTests {
    @Test(arguments: [
        ("127.0.0.1", "127.0.0.1:8080", AF_INET), ("0.0.0.0", "0.0.0.0:8080", AF_INET),
        ("255.255.255.255", "255.255.255.255:8080", AF_INET), ("::1", "[::1]:8080", AF_INET6),
        ("::", "[::]:8080", AF_INET6), ("", "[::]:8080", AF_INET6),
        ("2001:DB8:0:0:0:0:0:1", "[2001:db8::1]:8080", AF_INET6),
    ])
    func `a literal is an address`(literal: String, description: String, family: Int32) throws {
        let address = try #require(SocketAddress(literal: literal, port: 8080))

        #expect(address.description == description)
        #expect(address.family == family)
        #expect(address.port == 8080)
    }

    @Test(arguments: [
        "localhost", "127.0.0", "127.0.0.1.1", "127.0.0.256", "127.0.0.01", " 127.0.0.1", "127.0.0.1 ",
        "127.0.0.1:80", "[::1]", "::1%lo", ":::", "1::2::3", "g::1", "0x7f.0.0.1", "127.0.0.1\u{0}.evil",
        "::1\u{0}",
    ])
    func `what is not a literal is not an address`(text: String) {
        #expect(SocketAddress(literal: text, port: 80) == nil)
    }

    @Test func `an IPv4 address has the bytes that it has mapped into IPv6`() throws {
        let four = try #require(SocketAddress(literal: "192.0.2.33", port: 1))
        let mapped = try #require(SocketAddress(literal: "::ffff:192.0.2.33", port: 1))
        let six = try #require(SocketAddress(literal: "2001:db8::ff", port: 1))

        let expected: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 33]
        #expect(bytes(four) == expected)
        #expect(bytes(mapped) == expected)
        #expect(bytes(six) == [0x20, 1, 0x0d, 0xb8] + [UInt8](repeating: 0, count: 11) + [0xff])
    }

    @Test func `a mapped address is told as IPv4`() throws {
        let mapped = try #require(SocketAddress(literal: "::ffff:192.0.2.33", port: 80))
        let compatible = try #require(SocketAddress(literal: "::192.0.2.33", port: 80))

        #expect(mapped.host == "192.0.2.33")
        #expect(compatible.host == "::192.0.2.33")
    }

    @Test func `a unix path has 1 to 107 bytes and no NUL`() throws {
        let longest = "/" + String(repeating: "a", count: 106)
        let address = try #require(SocketAddress(unixPath: longest))

        #expect(address.description == "unix:\(longest)")
        #expect(address.port == 0)
        #expect(bytes(address) == [UInt8](repeating: 0, count: 16))
        #expect(SocketAddress(unixPath: longest + "a") == nil)
        #expect(SocketAddress(unixPath: "/" + String(repeating: "é", count: 54)) == nil)
        #expect(SocketAddress(unixPath: "") == nil)
        #expect(SocketAddress(unixPath: "/tmp/a\u{0}b") == nil)
    }

    private func bytes(_ address: SocketAddress) -> [UInt8] {
        let bytes = address.hostBytes
        return (0..<16).map { bytes[$0] }
    }
}

@Suite struct SocketsTests {
    @Test func `a port that is taken is an error`() throws {
        let first = try Sockets.listen(
            try #require(SocketAddress(literal: "127.0.0.1", port: 0)), backlog: 1)
        let address = try #require(Sockets.localAddress(first.number))

        #expect {
            _ = try Sockets.listen(address, backlog: 1)
        } throws: { error in
            (error as? SystemError)?.code == EADDRINUSE
                && "\(error)" == "bind: \(SystemError.text(EADDRINUSE))"
        }
        _ = consume first
    }

    @Test func `the wildcard takes IPv4 and IPv6`() throws {
        let listener = try Sockets.listen(try #require(SocketAddress(literal: "", port: 0)), backlog: 8)
        let port = try #require(Sockets.localAddress(listener.number)).port

        for literal in ["127.0.0.1", "::1"] {
            let client = try Sockets.connectBlocking(
                try #require(SocketAddress(literal: literal, port: port)))
            #expect(Sockets.localAddress(client.number)?.host == literal)
        }
    }

    @Test func `a unix socket left over is replaced, one that is served is not`() throws {
        let path = temporaryPath("stale")
        let address = try #require(SocketAddress(unixPath: path))
        defer { unlink(path) }
        do { _ = try Sockets.listen(address, backlog: 1) }
        #expect(access(path, F_OK) == 0)

        let listener = try Sockets.listen(address, backlog: 1, unixMode: 0o600)
        var status = stat()
        stat(path, &status)
        #expect(status.st_mode & 0o777 == 0o600)

        #expect { _ = try Sockets.listen(address, backlog: 1) } throws: {
            ($0 as? SystemError)?.code == EADDRINUSE
        }
        let client = try Sockets.connectBlocking(address)
        _ = consume client
        _ = consume listener
    }

    @Test func `a file that is not a socket is never removed to listen in its place`() throws {
        let path = temporaryPath("precious")
        defer { unlink(path) }
        let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        #expect(write(file, "precious", 8) == 8)
        close(file)

        #expect(throws: SystemError.self) {
            _ = try Sockets.listen(try #require(SocketAddress(unixPath: path)), backlog: 1)
        }

        var status = stat()
        #expect(stat(path, &status) == 0)
        #expect(status.st_size == 8)
    }

    @Test func `a descriptor is closed with its owner, unless it was given away`() throws {
        var numbers: [Int32] = [-1, -1]
        socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &numbers)
        let peer = Peer(numbers[1])
        do {
            let owner = FileDescriptor(numbers[0])
            #expect(owner.release() == numbers[0])
        }
        #expect(peer.read() < 0 && peer.failure == 0)
        do { _ = FileDescriptor(numbers[0]) }
        #expect(peer.read() == 0)
    }
}

@Suite struct SignalSourceTests {
    /// The signals go to this thread, where the source reads them, so that no other test hears of them.
    @Test func `signals come as events, each with its number`() throws {
        let loop = try EventLoop()
        var seen: [Int32] = []
        let source = try SignalSource(loop: loop, signals: [SIGUSR1, SIGUSR2]) { seen.append($0) }

        raise(SIGUSR1)
        #expect(seen.isEmpty)
        #expect(loop.run { seen == [SIGUSR1] })
        raise(SIGUSR2)
        raise(SIGUSR2)
        #expect(loop.run { seen.count >= 2 })
        _ = loop.ticks(within: 30)

        // A signal that is pending already is not counted twice (signal(7)).
        #expect(seen == [SIGUSR1, SIGUSR2])
        loop.close(source)
        loop.tick(limit: 0)
    }
}
