public import GatewayConfig
public import Transport

/// Makes what connections to servers with TLS need; one for a worker.
public struct UpstreamTLS {
    private let scratch = TLSScratch()
    private var system: TrustStore?

    /// Without anything yet.
    public init() {}

    /// One for each server of `upstream`, in order; nil = plain.
    ///
    /// - Throws: `TLSFailure` if a file that was good when the configuration was read is not.
    public mutating func contexts(_ upstream: UpstreamSettings) throws(TLSFailure) -> [TLSClientContext?] {
        guard upstream.servers.contains(where: \.tls) else { return upstream.servers.map { _ in nil } }
        let trust: TrustStore
        if let pem = upstream.tls.authorities {
            trust = try TrustStore(pem: pem)
        } else {
            trust = try systemStore()
        }
        var certificate: TLSCertificate?
        if let pair = upstream.tls.certificate {
            certificate = try TLSCertificate(certificate: pair.certificate, key: pair.key)
        }
        var contexts: [TLSClientContext?] = []
        for server in upstream.servers {
            guard server.tls else {
                contexts.append(nil)
                continue
            }
            contexts.append(
                try TLSClientContext(
                    name: upstream.tls.name ?? Self.name(of: server.endpoint), trust: trust,
                    certificate: certificate, scratch: scratch))
        }
        return contexts
    }

    private mutating func systemStore() throws(TLSFailure) -> TrustStore {
        if let system { return system }
        let made = try TrustStore.system()
        system = made
        return made
    }

    private static func name(of endpoint: Endpoint) -> String {
        if case .tcp(let host, _) = endpoint { host } else { "" }
    }
}
