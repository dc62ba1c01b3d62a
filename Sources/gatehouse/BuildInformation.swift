import COpenSSL
import CSQLite
import Supervisor

/// What this program is made of.
enum BuildInformation {
    /// Names and versions; those of libraries are what was found at run time.
    static func parts() -> [(name: String, version: String)] {
        [
            ("gatehouse", Version.text), ("commit", Version.commit), ("swift", Version.swift),
            ("openssl", OpenSSL_version(OPENSSL_VERSION_STRING).map { String(cString: $0) } ?? "?"),
            ("sqlite", sqlite3_libversion().map { String(cString: $0) } ?? "?"),
        ]
    }
}
