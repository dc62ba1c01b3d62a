/// `tls` and what goes with it in a `listen`.
public struct TLSListenerSettings: Sendable, Equatable {
    /// Lowest version of TLS.
    public enum Minimum: String, Sendable { case version12 = "1.2", version13 = "1.3" }
    /// At least one in a valid configuration; the first serves names that no other is for.
    public var certificates: [CertificateSettings] = []
    /// Lowest version.
    public var minimum = Minimum.version12
    /// The defaults.
    public init() {}
}

/// A certificate and its key, as they were when the configuration was read.
public struct CertificateSettings: Sendable, Equatable {
    /// Where the certificate is, for logs.
    public var path: String
    /// PEM: the certificate and what it was issued by.
    public var certificate: [UInt8]
    /// PEM.
    public var key: [UInt8]

    /// Its parts.
    public init(path: String, certificate: [UInt8], key: [UInt8]) {
        self.path = path
        self.certificate = certificate
        self.key = key
    }
}

/// How connections that the gateway makes are verified.
public struct UpstreamTLSSettings: Sendable, Equatable {
    /// PEM of the authorities that count; nil = the system's.
    public var authorities: [UInt8]?
    /// What certificates must be for, and what is asked for; nil = each server's own name.
    public var name: String?
    /// Shown to servers that ask for one.
    public var certificate: CertificateSettings?
    /// The defaults.
    public init() {}
}
