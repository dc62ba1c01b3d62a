import Secrets
import Transport

/// Signed tokens in our forms, for clients that send neither Origin nor Sec-Fetch-Site: `<expiry>.<mac>`.
final class FormTokens {
    /// How long a page may stand open, in milliseconds.
    static let lifetime: Int64 = 12 * 3_600_000
    /// Milliseconds in which all pages have the same token: two answers to failed logins must not differ in it.
    private static let step: Int64 = 600_000
    private let codes: [MessageAuthenticator]
    private let loop: EventLoop

    init(keys: KeyRing, loop: EventLoop) {
        codes = keys.keys.map { $0.authenticator.prefixed(with: Array("form token\u{0}".utf8)) }
        self.loop = loop
    }

    func make() -> String {
        let expiry = String((loop.wallNow / Self.step * Self.step + Self.step + Self.lifetime) / 1_000)
        return "\(expiry).\(mac(expiry, codes[0]))"
    }

    func isValid(_ token: [UInt8]) -> Bool {
        guard token.count <= 80, let dot = token.firstIndex(of: UInt8(ascii: ".")) else { return false }
        var expiry: Int64 = 0
        for byte in token[..<dot] {
            guard byte >= 48, byte <= 57, dot <= 12 else { return false }
            expiry = expiry * 10 + Int64(byte - 48)
        }
        guard expiry > loop.wallNow / 1_000 else { return false }
        let text = String(decoding: token[..<dot], as: UTF8.self)
        let given = Array(token[(dot + 1)...])
        return codes.contains { ConstantTime.areEqual(Array(mac(text, $0).utf8), given) }
    }

    private func mac(_ expiry: String, _ code: MessageAuthenticator) -> String {
        String(decoding: Base64URL.encode(code.code(for: Array(expiry.utf8)).array), as: UTF8.self)
    }
}
