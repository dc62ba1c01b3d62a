import COpenSSL
import Glibc

/// How connections to one server speak TLS: always verified, with the latest session taken up again. Confined to its
/// thread.
public final class TLSClientContext {
    let scratch: TLSScratch
    private let context: OpaquePointer
    private let name: String
    private let address: [UInt8]?
    /// Of the latest handshake.
    private var session: OpaquePointer?

    /// - Parameters:
    ///   - name: What the server's certificate must be for: a host name, which is also asked for (SNI), or a literal
    ///     address without brackets.
    ///   - trust: Who may have issued it.
    ///   - certificate: Shown to servers that ask for one.
    /// - Throws: `TLSFailure` if OpenSSL does not take one of them.
    public init(
        name: String, trust: TrustStore, certificate: TLSCertificate? = nil, scratch: TLSScratch
    ) throws(TLSFailure) {
        guard let made = SSL_CTX_new(TLS_client_method()) else { throw TLSFailure.queued("SSL_CTX_new") }
        context = made
        self.scratch = scratch
        self.name = name
        address = SocketAddress(literal: name, port: 0).map { Self.bytes($0) }
        try TLSDefaults.apply(to: made, minimum: .version12)
        SSL_CTX_set_options(made, TLSDefaults.clientOptions)
        SSL_CTX_set_verify(made, SSL_VERIFY_PEER, nil)
        X509_STORE_up_ref(trust.store)
        SSL_CTX_set_cert_store(made, trust.store)
        try certificate?.install(in: made)
        let protocols = TLSDefaults.protocols
        guard SSL_CTX_set_alpn_protos(made, protocols, UInt32(protocols.count)) == 0 else {
            throw TLSFailure.queued("OpenSSL does not take the protocols")
        }
        keepSessions()
    }

    deinit {
        SSL_SESSION_free(session)
        SSL_CTX_free(context)
    }

    private static func bytes(_ address: SocketAddress) -> [UInt8] {
        let host = address.hostBytes
        let all = host.indices.map { host[$0] }
        return address.family == AF_INET ? Array(all.suffix(4)) : all
    }

    private func keepSessions() {
        copenssl_ctx_set_cache_mode(
            context, Int(SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE))
        SSL_CTX_set_ex_data(context, 0, Unmanaged.passUnretained(self).toOpaque())
        SSL_CTX_sess_set_new_cb(context) { ssl, session in
            guard let ssl, let owner = SSL_get_SSL_CTX(ssl), let data = SSL_CTX_get_ex_data(owner, 0) else {
                return 0
            }
            Unmanaged<TLSClientContext>.fromOpaque(data)._withUnsafeGuaranteedRef {
                SSL_SESSION_free($0.session)
                $0.session = session
            }
            // The reference is ours now.
            return 1
        }
    }

    /// Forgets the session: the server may not like it.
    func forgetSession() {
        SSL_SESSION_free(session)
        session = nil
    }

    func makeConnection() -> OpaquePointer? {
        guard let ssl = SSL_new(context) else { return nil }
        SSL_set_connect_state(ssl)
        guard expectName(ssl) else {
            SSL_free(ssl)
            return nil
        }
        if let session, SSL_SESSION_is_resumable(session) == 1 { SSL_set_session(ssl, session) }
        return ssl
    }

    private func expectName(_ ssl: OpaquePointer) -> Bool {
        let expected = SSL_get0_param(ssl)
        X509_VERIFY_PARAM_set_hostflags(expected, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
        if let address { return X509_VERIFY_PARAM_set1_ip(expected, address, address.count) == 1 }
        return X509_VERIFY_PARAM_set1_host(expected, name, name.utf8.count) == 1
            && copenssl_set_host_name(ssl, name) == 1
    }
}
