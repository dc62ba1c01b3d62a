import GatewayConfig
import Glibc
import RandomTestSupport
import Testing
import Transport

@testable import Proxy

/// A range as the configuration has it, IPv4 mapped.
private func range(_ address: String, _ length: Int) throws -> AddressRange {
    let parsed = try #require(SocketAddress(literal: address, port: 0))
    let bytes = parsed.hostBytes
    return AddressRange(
        bytes: (0..<16).map { bytes[$0] }, prefixLength: address.contains(":") ? length : length + 96)
}

@Suite struct TrustedProxiesTests {
    @Test(arguments: [
        ("10.0.0.0", 8, "10.255.255.255", true), ("10.0.0.0", 8, "11.0.0.0", false),
        ("10.0.0.0", 8, "9.255.255.255", false), ("192.168.1.4", 30, "192.168.1.7", true),
        ("192.168.1.4", 30, "192.168.1.8", false), ("192.168.1.4", 30, "192.168.1.3", false),
        ("192.0.2.1", 32, "192.0.2.1", true), ("192.0.2.1", 32, "192.0.2.0", false),
        ("0.0.0.0", 0, "203.0.113.1", true), ("0.0.0.0", 0, "2001:db8::1", false),
        ("0.0.0.0", 0, "::1", false),
        ("::", 0, "203.0.113.1", true), ("::", 0, "2001:db8::1", true),
        ("2001:db8::", 32, "2001:db8:ffff::1", true), ("2001:db8::", 32, "2001:db9::", false),
        ("2001:db8::", 33, "2001:db8:8000::", false), ("2001:db8::", 33, "2001:db8:7fff::", true),
        ("::1", 128, "::1", true), ("::1", 128, "::2", false), ("10.0.0.0", 8, "::ffff:10.1.2.3", true),
        ("10.0.0.0", 8, "::10.1.2.3", false), ("::ffff:10.0.0.0", 104, "10.1.2.3", true),
    ])
    func `an address is in a range by its first bits`(
        network: String, length: Int, address: String, isTrusted: Bool
    ) throws {
        let proxies = TrustedProxies([try range("198.51.100.1", 32), try range(network, length)])
        let address = try #require(SocketAddress(literal: address, port: 0))

        #expect(proxies.contains(address.hostBytes) == isTrusted)
    }

    @Test func `nobody is trusted unless told, loopback included`() throws {
        let proxies = TrustedProxies([])

        #expect(proxies.isEmpty)
        for literal in ["127.0.0.1", "::1"] {
            #expect(!proxies.contains(try #require(SocketAddress(literal: literal, port: 0)).hostBytes))
        }
    }

    @Test func `every prefix length agrees with a comparison bit by bit`() throws {
        var random = SeededRandom(3)
        for length in 0...128 {
            let network = (0..<16).map { _ in UInt8.random(in: 0...255, using: &random) }
            let proxies = TrustedProxies([AddressRange(bytes: network, prefixLength: length)])
            for bit in 0..<128 {
                var address = InlineArray<16, UInt8>(repeating: 0)
                for index in 0..<16 { address[index] = network[index] }
                address[bit / 8] ^= 0x80 >> UInt8(bit % 8)
                #expect(proxies.contains(address) == (bit >= length), "length \(length), bit \(bit)")
            }
        }
    }
}

@Suite struct PeerAddressTests {
    private func peer(_ literal: String) throws -> PeerAddress {
        PeerAddress(
            try #require(SocketAddress(literal: literal, port: 443)),
            trusted: TrustedProxies([try range("10.0.0.0", 8)]))
    }

    @Test func `it has the forms that a request needs`() throws {
        let plain = try peer("192.0.2.7")
        #expect(plain.text == Array("192.0.2.7".utf8))
        #expect(!plain.isTrusted && plain.isCounted && !plain.isUnix)

        let mapped = try peer("::ffff:10.0.0.1")
        #expect(mapped.text == Array("10.0.0.1".utf8))
        #expect(mapped.isTrusted && !mapped.isCounted)

        let unix = PeerAddress(
            try #require(SocketAddress(unixPath: "/tmp/x")), trusted: TrustedProxies([try range("::", 0)]))
        #expect(unix.text == Array("unix".utf8))
        #expect(unix.isUnix && !unix.isTrusted && !unix.isCounted)
    }

    @Test(arguments: [
        ("192.0.2.77", "192.0.2.0"), ("255.255.255.255", "255.255.255.0"), ("::1", "0:0:0::"),
        ("2001:db8:aaaa:bbbb:cccc::1", "2001:db8:aaaa::"), ("unix", "unix"), ("", ""),
        ("not an address", "not an address"),
    ])
    func `a masked address hides the host`(text: String, masked: String) {
        if text.isEmpty { return }
        #expect(PeerAddress.masked(Array(text.utf8)) == Array(masked.utf8))
    }
}
