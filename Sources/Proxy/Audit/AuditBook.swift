import GatewayConfig
import Operations
import Secrets

/// A worker's audit log, and what its lines may show of what people typed.
struct AuditBook {
    private static let digestCount = 16
    let log: AuditLog
    let masksClients: Bool
    private let nameCode: MessageAuthenticator

    init(_ log: AuditLog, settings: LogSettings, keys: KeyRing) {
        self.log = log
        masksClients = settings.clientAddress == .masked
        nameCode = keys.signer.authenticator.prefixed(with: Array("audit name\u{0}".utf8))
    }

    /// A name that somebody typed, as the log may show it: people type passwords into the name field. The same for
    /// the same name, whatever its case, so that attempts can still be counted.
    func digest(ofName name: [UInt8]) -> String {
        let lowered = name.map { $0 >= 0x41 && $0 <= 0x5a ? $0 + 32 : $0 }
        let text = Base64URL.encode(nameCode.code(for: lowered).array)
        return String(decoding: text.prefix(Self.digestCount), as: UTF8.self)
    }
}
