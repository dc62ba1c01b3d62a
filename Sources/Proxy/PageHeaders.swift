import Pages
import Secrets

/// What every page of ours says about itself (http-interface, Pages).
enum PageHeaders {
    static func make(_ styleSheet: [UInt8]) -> [(name: StaticString, value: String)] {
        let digest = SHA256.hash(styleSheet).array
        let hash = String(decoding: Base64.encode(digest), as: UTF8.self)
        let policy =
            "default-src 'none'; style-src 'sha256-\(hash)'; img-src 'self'; form-action 'self'; "
            + "base-uri 'none'; frame-ancestors 'none'"
        return [
            ("Content-Security-Policy", policy), ("Referrer-Policy", "same-origin"),
            ("X-Robots-Tag", "noindex"), ("Cross-Origin-Opener-Policy", "same-origin"),
            ("X-Frame-Options", "DENY"), ("Vary", "Cookie, Accept, Accept-Language"),
        ]
    }
}
