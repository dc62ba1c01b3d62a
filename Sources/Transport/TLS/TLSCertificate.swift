import COpenSSL
import Glibc

/// A certificate with its chain and its key, out of two PEM texts.
public final class TLSCertificate {
    /// Names it is for, in small letters; `*.x` among them. Without a subjectAltName it is the common name.
    public let names: [String]
    /// Literal addresses it is for, as 4 or 16 bytes.
    public let addresses: [[UInt8]]
    let leaf: OpaquePointer
    let chain: [OpaquePointer]
    let key: OpaquePointer

    /// Reads `certificate`, the leaf first and then what it was issued by, and `key`.
    ///
    /// - Throws: `TLSFailure` if one of them cannot be read, or they do not belong together.
    public init(certificate: [UInt8], key text: [UInt8]) throws(TLSFailure) {
        let found = PEMText.certificates(certificate)
        guard let first = found.first else {
            throw TLSFailure("no certificate in it (PEM: -----BEGIN CERTIFICATE-----)")
        }
        let loaded: OpaquePointer
        do throws(TLSFailure) { loaded = try PEMText.key(text) } catch {
            for item in found { X509_free(item) }
            throw error
        }
        leaf = first
        chain = Array(found.dropFirst())
        key = loaded
        (names, addresses) = CertificateNames.read(first)
        try checkKey()
        try checkChain()
    }

    deinit {
        X509_free(leaf)
        for item in chain { X509_free(item) }
        EVP_PKEY_free(key)
    }

    /// Seconds until it ends, negative if it has ended.
    public var secondsLeft: Int { Self.seconds(from: nil, to: X509_get0_notAfter(leaf)) }
    /// Seconds until it begins to be valid, negative if it is.
    public var secondsAhead: Int { Self.seconds(from: nil, to: X509_get0_notBefore(leaf)) }

    /// Which certificate serves a client that takes several: one of each kind can stand beside the others.
    var keyKind: Int32 { EVP_PKEY_get_base_id(key) }

    private static func seconds(from start: UnsafePointer<ASN1_TIME>?, to end: UnsafePointer<ASN1_TIME>?)
        -> Int
    {
        var days: Int32 = 0
        var seconds: Int32 = 0
        guard ASN1_TIME_diff(&days, &seconds, start, end) == 1 else { return 0 }
        return Int(days) * 86_400 + Int(seconds)
    }

    private func checkKey() throws(TLSFailure) {
        defer { ERR_clear_error() }
        if X509_check_private_key(leaf, key) == 1 { return }
        if chain.contains(where: { X509_check_private_key($0, key) == 1 }) {
            throw TLSFailure("the key belongs to a later certificate: the server's own must come first")
        }
        throw TLSFailure("the key does not belong to the certificate", concernsKey: true)
    }

    private func checkChain() throws(TLSFailure) {
        var below = leaf
        for (index, issuer) in chain.enumerated() {
            guard X509_check_issued(issuer, below) == X509_V_OK else {
                throw TLSFailure(
                    "certificate \(index + 2) did not issue certificate \(index + 1): each must follow the one it issued"
                )
            }
            below = issuer
        }
    }

    /// Tries whether OpenSSL would serve with it.
    ///
    /// - Throws: `TLSFailure` if not: a key that is too short, a hash that is too weak.
    public func check() throws(TLSFailure) {
        guard let context = SSL_CTX_new(TLS_server_method()) else { throw TLSFailure.queued("SSL_CTX_new") }
        defer { SSL_CTX_free(context) }
        try TLSDefaults.apply(to: context, minimum: .version12)
        try install(in: context)
    }

    /// Puts it into `context` beside those that are there.
    func install(in context: OpaquePointer) throws(TLSFailure) {
        ERR_clear_error()
        guard SSL_CTX_use_certificate(context, leaf) == 1, SSL_CTX_use_PrivateKey(context, key) == 1 else {
            throw TLSFailure.queued("OpenSSL does not take the certificate")
        }
        for item in chain {
            X509_up_ref(item)
            guard copenssl_ctx_add_chain(context, item) == 1 else {
                X509_free(item)
                throw TLSFailure.queued("OpenSSL does not take the chain")
            }
        }
    }
}

/// Certificates and keys in PEM (RFC 7468).
enum PEMText {
    /// A private key; one that wants a passphrase is none.
    static func key(_ text: [UInt8]) throws(TLSFailure) -> OpaquePointer {
        ERR_clear_error()
        var wantsPassphrase = false
        let key = withBIO(text) { bio in
            withUnsafeMutablePointer(to: &wantsPassphrase) { flag in
                PEM_read_bio_PrivateKey(
                    bio, nil,
                    { _, _, _, argument in
                        argument?.assumingMemoryBound(to: Bool.self).pointee = true
                        return -1
                    }, flag)
            }
        }
        ERR_clear_error()
        if let key { return key }
        throw TLSFailure(
            wantsPassphrase
                ? "the key is locked with a passphrase; take it off: openssl pkey -in KEY -out KEY"
                : "no private key in it (PEM: -----BEGIN PRIVATE KEY-----)",
            concernsKey: true)
    }

    /// All certificates, in order.
    static func certificates(_ text: [UInt8]) -> [OpaquePointer] {
        var found: [OpaquePointer] = []
        withBIO(text) { bio in
            while let next = PEM_read_bio_X509(bio, nil, { _, _, _, _ in -1 }, nil) { found.append(next) }
        }
        ERR_clear_error()
        return found
    }

    @discardableResult
    private static func withBIO<Result>(_ text: [UInt8], _ body: (OpaquePointer?) -> Result) -> Result {
        text.withUnsafeBytes { bytes in
            let bio = BIO_new_mem_buf(bytes.baseAddress, Int32(clamping: bytes.count))
            defer { BIO_free(bio) }
            return body(bio)
        }
    }
}
