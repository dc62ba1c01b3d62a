import COpenSSL
import Glibc

/// How one listener speaks TLS: its certificates by name, versions, ciphers, tickets. Confined to its thread.
public final class TLSServerContext {
    let scratch: TLSScratch
    private let tickets: TicketKeys
    /// The first serves whoever asks for no name that is known.
    private var contexts: [OpaquePointer] = []
    private var exact: [[UInt8]: OpaquePointer] = [:]
    /// By what follows the asterisk, the dot first.
    private var wildcards: [[UInt8]: OpaquePointer] = [:]
    private let minimum: TLSVersion

    /// - Parameter certificates: At least one; the first is the fallback. Several of different kinds of key (RSA,
    ///   ECDSA) for one name stand beside each other.
    /// - Throws: `TLSFailure` if OpenSSL does not take one.
    public init(
        certificates: [TLSCertificate], minimum: TLSVersion, tickets: TicketSecret, scratch: TLSScratch
    ) throws(TLSFailure) {
        self.scratch = scratch
        self.minimum = minimum
        self.tickets = TicketKeys(tickets)
        guard let first = certificates.first else { throw TLSFailure("no certificate") }
        var known: [[Int]: OpaquePointer] = [:]
        // The fallback comes first; it has those beside it that are for its first name.
        let names = first.names.prefix(1) + certificates.flatMap(\.names)
        if names.isEmpty { try add([first]) }
        for name in names {
            let indices = Self.choose(name, certificates)
            let context: OpaquePointer
            if let made = known[indices] {
                context = made
            } else {
                context = try add(indices.map { certificates[$0] })
                known[indices] = context
            }
            enter(name, context)
        }
        // A first certificate without a name is the fallback all the same.
        if first.names.isEmpty, !names.isEmpty {
            let fallback = try add([first])
            contexts.removeLast()
            contexts.insert(fallback, at: 0)
        }
    }

    deinit { for context in contexts { SSL_CTX_free(context) } }

    /// Indices of the certificates for `name`: the first of each kind of key.
    private static func choose(_ name: String, _ certificates: [TLSCertificate]) -> [Int] {
        var kinds: Set<Int32> = []
        return certificates.indices.filter {
            certificates[$0].names.contains(name) && kinds.insert(certificates[$0].keyKind).inserted
        }
    }

    private func enter(_ name: String, _ context: OpaquePointer) {
        let bytes = Array(name.utf8)
        if bytes.starts(with: "*.".utf8) {
            wildcards[Array(bytes.dropFirst())] = context
        } else {
            exact[bytes] = context
        }
    }

    // MARK: Contexts

    @discardableResult
    private func add(_ certificates: [TLSCertificate]) throws(TLSFailure) -> OpaquePointer {
        guard let context = SSL_CTX_new(TLS_server_method()) else { throw TLSFailure.queued("SSL_CTX_new") }
        contexts.append(context)
        try TLSDefaults.apply(to: context, minimum: minimum)
        for certificate in certificates { try certificate.install(in: context) }
        SSL_CTX_set_options(context, TLSDefaults.serverOptions)
        setCallbacks(context)
        return context
    }

    private func setCallbacks(_ context: OpaquePointer) {
        let own = Unmanaged.passUnretained(self).toOpaque()
        SSL_CTX_set_ex_data(context, 0, own)
        // Sessions are in tickets alone: any worker takes them, and nothing grows here.
        copenssl_ctx_set_cache_mode(context, Int(SSL_SESS_CACHE_OFF))
        let identifier = Array("gatehouse".utf8)
        SSL_CTX_set_session_id_context(context, identifier, UInt32(identifier.count))
        SSL_CTX_set_timeout(context, Int(TicketSecret.period / 1_000))
        SSL_CTX_set_tlsext_ticket_key_evp_cb(context) { ssl, name, iv, cipher, mac, seals in
            guard let name, let iv, let owner = TLSServerContext.owner(of: ssl) else { return -1 }
            return owner._withUnsafeGuaranteedRef {
                $0.tickets.prepare(
                    name: name, iv: iv, cipher: cipher, mac: mac, seals: seals == 1,
                    now: Clock.wallMilliseconds())
            }
        }
        SSL_CTX_set_alpn_select_cb(
            context,
            { _, out, count, offered, offeredCount, _ in
                TLSDefaults.selectProtocol(out, count, offered, Int(offeredCount))
            }, nil)
        copenssl_ctx_on_server_name(context, { ssl, _, _ in TLSServerContext.choose(ssl) }, nil)
    }

    private static func owner(of ssl: OpaquePointer?) -> Unmanaged<TLSServerContext>? {
        guard let ssl, let context = SSL_get_SSL_CTX(ssl), let data = SSL_CTX_get_ex_data(context, 0) else {
            return nil
        }
        return Unmanaged.fromOpaque(data)
    }

    /// Takes the certificates for the name that the client asks for (RFC 6066, 3).
    private static func choose(_ ssl: OpaquePointer?) -> Int32 {
        guard let ssl, let owner = owner(of: ssl),
            let name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name)
        else { return SSL_TLSEXT_ERR_NOACK }
        return owner._withUnsafeGuaranteedRef { own in
            guard let context = own.context(for: name) else { return SSL_TLSEXT_ERR_NOACK }
            if SSL_get_SSL_CTX(ssl) != context { SSL_set_SSL_CTX(ssl, context) }
            return SSL_TLSEXT_ERR_OK
        }
    }

    private func context(for name: UnsafePointer<CChar>) -> OpaquePointer? {
        let length = strnlen(name, 256)
        guard (1...255).contains(length) else { return nil }
        let raw = UnsafeRawBufferPointer(start: name, count: length)
        var bytes = raw.map(CertificateNames.lowered)
        if bytes.last == UInt8(ascii: ".") { bytes.removeLast() }
        if let context = exact[bytes] { return context }
        guard let dot = bytes.firstIndex(of: UInt8(ascii: ".")), dot > 0 else { return nil }
        return wildcards[Array(bytes[dot...])]
    }

    func makeConnection() -> OpaquePointer? {
        guard let first = contexts.first, let ssl = SSL_new(first) else { return nil }
        SSL_set_accept_state(ssl)
        return ssl
    }
}
