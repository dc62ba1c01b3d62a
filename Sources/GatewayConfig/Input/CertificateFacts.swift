/// What a look at a certificate and its key has shown.
public struct CertificateFacts: Sendable, Equatable {
    /// Names it is for, in small letters; `*.x` among them.
    public var names: [String]
    /// Literal addresses it is for, as 4 or 16 bytes.
    public var addresses: [[UInt8]]
    /// Seconds until it ends; negative if it has ended.
    public var secondsLeft: Int
    /// Seconds until it begins to be valid; negative if it is.
    public var secondsAhead: Int

    /// Its parts.
    public init(names: [String], addresses: [[UInt8]] = [], secondsLeft: Int, secondsAhead: Int = -1) {
        self.names = names
        self.addresses = addresses
        self.secondsLeft = secondsLeft
        self.secondsAhead = secondsAhead
    }

    /// Whether it is for `host`: a name, a literal address with or without brackets, or `*.x`.
    public func covers(_ host: String) -> Bool {
        var literal = Array(host.utf8)
        if literal.first == UInt8(ascii: "["), literal.last == UInt8(ascii: "]") {
            literal = Array(literal.dropFirst().dropLast())
        }
        if let bytes = Address.bytes(literal) {
            return addresses.contains { $0.count == 4 ? bytes.suffix(4).elementsEqual($0) : bytes == $0 }
        }
        if names.contains(host) { return true }
        guard let dot = host.utf8.firstIndex(of: UInt8(ascii: ".")), !host.utf8.starts(with: "*.".utf8) else {
            return false
        }
        return names.contains("*" + host[dot...])
    }
}

/// Which part of a pair of files has something against it.
public enum CertificateFault: Error, Sendable, Equatable {
    /// The certificate, or the pair; the words of a message.
    case certificate(String)
    /// The key.
    case key(String)
}
