import CLinux
import Glibc

/// A socket address: IPv4, IPv6 or a unix path.
public struct SocketAddress: Sendable {
    var storage = sockaddr_storage()
    /// Bytes of the address in use.
    private(set) var length: socklen_t = 0

    /// An IPv4 or IPv6 literal, without brackets, and a port; nil if it is not a literal.
    /// The empty string means every address (`::`, which takes IPv4 too).
    public init?(literal: String, port: UInt16) {
        if literal.utf8.contains(0) { return nil }
        if literal.isEmpty {
            setIPv6(in6_addr(), port: port)
            return
        }
        var four = in_addr()
        if inet_pton(AF_INET, literal, &four) == 1 {
            setIPv4(four, port: port)
            return
        }
        var six = in6_addr()
        guard inet_pton(AF_INET6, literal, &six) == 1 else { return nil }
        setIPv6(six, port: port)
    }

    /// The address of 16 bytes in network order, IPv4 mapped into IPv6, without a port; bytes that are missing are
    /// zero.
    public init(host: [UInt8]) {
        var address = in6_addr()
        withUnsafeMutableBytes(of: &address) { $0.copyBytes(from: host.prefix(16)) }
        setIPv6(address, port: 0)
    }

    /// A unix socket; nil if `path` is empty, has more than 107 bytes or a NUL.
    public init?(unixPath path: String) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard !bytes.isEmpty, !bytes.contains(0), bytes.count < MemoryLayout.size(ofValue: address.sun_path)
        else { return nil }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        length = socklen_t(MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? 2) + socklen_t(bytes.count + 1)
        withUnsafeMutableBytes(of: &storage) { target in
            withUnsafeBytes(of: &address) { target.copyMemory(from: $0) }
        }
    }

    init(_ storage: sockaddr_storage, length: socklen_t) {
        self.storage = storage
        self.length = length
    }

    private mutating func setIPv4(_ host: in_addr, port: UInt16) {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr = host
        length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutableBytes(of: &storage) { target in
            withUnsafeBytes(of: &address) { target.copyMemory(from: $0) }
        }
    }

    private mutating func setIPv6(_ host: in6_addr, port: UInt16) {
        var address = sockaddr_in6()
        address.sin6_family = sa_family_t(AF_INET6)
        address.sin6_port = port.bigEndian
        address.sin6_addr = host
        length = socklen_t(MemoryLayout<sockaddr_in6>.size)
        withUnsafeMutableBytes(of: &storage) { target in
            withUnsafeBytes(of: &address) { target.copyMemory(from: $0) }
        }
    }

    /// AF_INET, AF_INET6 or AF_UNIX.
    public var family: Int32 { Int32(storage.ss_family) }

    /// The port; 0 for a unix socket.
    public var port: UInt16 {
        withUnsafeBytes(of: storage) { bytes in
            guard family == AF_INET || family == AF_INET6 else { return 0 }
            return UInt16(bytes[2]) << 8 | UInt16(bytes[3])
        }
    }

    /// The host as 16 bytes, IPv4 mapped into IPv6 (RFC 4291, 2.5.5.2); all zero for a unix socket.
    public var hostBytes: InlineArray<16, UInt8> {
        var result = InlineArray<16, UInt8>(repeating: 0)
        withUnsafeBytes(of: storage) { bytes in
            if family == AF_INET {
                result[10] = 0xff
                result[11] = 0xff
                for index in 0..<4 { result[12 + index] = bytes[4 + index] }
            } else if family == AF_INET6 {
                for index in 0..<16 { result[index] = bytes[8 + index] }
            }
        }
        return result
    }

    func withPointer<Result>(_ body: (UnsafePointer<sockaddr>) -> Result) -> Result {
        withUnsafePointer(to: storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1, body)
        }
    }
}

extension SocketAddress: CustomStringConvertible {
    /// `127.0.0.1:8080`, `[::1]:8080`, `unix:/path`.
    public var description: String {
        if family == AF_UNIX { return "unix:\(unixPath)" }
        return family == AF_INET6 ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    /// The address without its port; an IPv4-mapped one as IPv4.
    public var host: String {
        let bytes = hostBytes
        var isMapped = bytes[10] == 0xff && bytes[11] == 0xff
        for index in 0..<10 where bytes[index] != 0 { isMapped = false }
        if isMapped { return "\(bytes[12]).\(bytes[13]).\(bytes[14]).\(bytes[15])" }
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        withUnsafeBytes(of: storage) { storage in
            _ = inet_ntop(AF_INET6, storage.baseAddress.map { $0 + 8 }, &text, socklen_t(text.count))
        }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private var unixPath: String {
        withUnsafeBytes(of: storage) { bytes in
            String(decoding: bytes[2..<Int(max(length, 2))].prefix { $0 != 0 }, as: UTF8.self)
        }
    }
}
