import COpenSSL
import CSQLite
import Supervisor

/// What this program is made of.
enum BuildInformation {
    /// Names and versions; those of libraries are what was found at run time.
    static func parts() -> [(name: String, version: String)] {
        [
            ("gatehouse", Version.text), ("swift", swift),
            ("openssl", OpenSSL_version(OPENSSL_VERSION_STRING).map { String(cString: $0) } ?? "?"),
            ("sqlite", sqlite3_libversion().map { String(cString: $0) } ?? "?"),
        ]
    }

    private static var swift: String {
        #if compiler(>=6.4)
            "6.4 or later"
        #elseif compiler(>=6.3)
            "6.3"
        #else
            "6.2"
        #endif
    }
}
