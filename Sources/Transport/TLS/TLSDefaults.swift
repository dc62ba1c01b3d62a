import COpenSSL
import Glibc

/// What every TLS connection of this program has in common.
enum TLSDefaults {
    /// For TLS 1.2: forward secrecy and authenticated encryption only; cheap where the processor helps first.
    static let ciphers =
        "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
        + "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"
    /// For TLS 1.3.
    static let suites = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"
    static let groups = "X25519:P-256:P-384"

    /// No renegotiation, no compression; the order of ciphers is ours, but for clients that like ChaCha20 best, since
    /// they have no help for AES.
    static let serverOptions = option(30) | option(17) | option(22) | option(21)
    /// The same for connections that we make.
    static let clientOptions = option(30) | option(17)

    private static func option(_ bit: UInt64) -> UInt64 { 1 << bit }

    static func apply(to context: OpaquePointer, minimum: TLSVersion) throws(TLSFailure) {
        guard copenssl_ctx_set_min_version(context, minimum.rawValue) == 1,
            SSL_CTX_set_cipher_list(context, ciphers) == 1, SSL_CTX_set_ciphersuites(context, suites) == 1,
            copenssl_ctx_set_groups(context, groups) == 1
        else { throw TLSFailure.queued("OpenSSL does not take the ciphers") }
        // Chains are complete as given; OpenSSL would look for more with every handshake.
        copenssl_ctx_set_mode(context, Int(SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN))
        // One system call for a record, and not one for its head and one for the rest.
        copenssl_ctx_set_read_ahead(context)
    }

    /// The one protocol there is, in the wire form of RFC 7301.
    static let protocols: [UInt8] = [8] + Array("http/1.1".utf8)

    /// A client that offers protocols must offer ours, else the handshake ends with no_application_protocol
    /// (RFC 7301, 3.2).
    static func selectProtocol(
        _ out: UnsafeMutablePointer<UnsafePointer<UInt8>?>?, _ count: UnsafeMutablePointer<UInt8>?,
        _ offered: UnsafePointer<UInt8>?, _ offeredCount: Int
    ) -> Int32 {
        guard let out, let count, let offered else { return SSL_TLSEXT_ERR_ALERT_FATAL }
        let list = UnsafeBufferPointer(start: offered, count: offeredCount)
        var index = 0
        while index < list.count {
            let end = index + 1 + Int(list[index])
            guard end <= list.count else { break }
            if list[index..<end].elementsEqual(protocols) {
                out.pointee = offered + index + 1
                count.pointee = UInt8(truncatingIfNeeded: end - index - 1)
                return SSL_TLSEXT_ERR_OK
            }
            index = end
        }
        return SSL_TLSEXT_ERR_ALERT_FATAL
    }
}
