import COpenSSL
import Glibc

/// The authorities that certificates of servers are held against. Confined to its thread; contexts share it.
public final class TrustStore {
    let store: OpaquePointer

    /// Those of the system.
    ///
    /// - Throws: `TLSFailure` if they cannot be read.
    public static func system() throws(TLSFailure) -> TrustStore {
        let made = try TrustStore()
        guard X509_STORE_set_default_paths(made.store) == 1 else {
            throw TLSFailure.queued("cannot read the system's certificate authorities")
        }
        if getenv(String(cString: X509_get_default_cert_file_env())) == nil, !hasDefaultFile() {
            _ = X509_STORE_load_file(made.store, bundle)
        }
        // What is not there is no error for what follows.
        ERR_clear_error()
        return made
    }

    /// Where distributions have all in one file. OpenSSL's own paths lead there by links of a package that a small
    /// image has no other use for.
    private static let bundle = "/etc/ssl/certs/ca-certificates.crt"

    private static func hasDefaultFile() -> Bool { access(X509_get_default_cert_file(), R_OK) == 0 }

    /// Those in a PEM text, and no others.
    ///
    /// - Throws: `TLSFailure` if there are none.
    public convenience init(pem: [UInt8]) throws(TLSFailure) {
        try self.init()
        let found = PEMText.certificates(pem)
        defer { for item in found { X509_free(item) } }
        guard !found.isEmpty else {
            throw TLSFailure("no certificate in it (PEM: -----BEGIN CERTIFICATE-----)")
        }
        for item in found {
            guard X509_STORE_add_cert(store, item) == 1 else {
                throw TLSFailure.queued("OpenSSL does not take a certificate")
            }
        }
        // Who names an authority of the middle means it: the chain need not reach a root.
        X509_STORE_set_flags(store, UInt(X509_V_FLAG_PARTIAL_CHAIN))
    }

    private init() throws(TLSFailure) {
        guard let made = X509_STORE_new() else { throw TLSFailure.queued("X509_STORE_new") }
        store = made
    }

    deinit { X509_STORE_free(store) }
}
