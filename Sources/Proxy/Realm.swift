import Accounts
import GatewayConfig
import Secrets
import Sessions
import Throttling

/// A realm at work: who its users are, what its tickets look like, where its sessions are.
final class Realm {
    let index: Int
    /// What it counts.
    let meter: RealmMeter
    let settings: RealmSettings
    let name: [UInt8]
    /// The same, for the hot path.
    let fixedName: FixedBytes
    let cookieName: [UInt8]
    /// Prefix of its pages, no trailing slash.
    let endpoints: [UInt8]
    let tickets: TicketVerifier
    let issuer: TicketIssuer
    let sessions: SessionStore
    let accounts: AccountsDesk
    let throttle: LoginThrottle
    let isRegistrationOpen: Bool
    /// How its pages look.
    let look: RealmLook
    /// Whether its tickets also come as bearer tokens.
    let takesBearer: Bool
    /// `; Path=/; HttpOnly; SameSite=Lax[; Secure]`, the same for setting and clearing.
    let cookieAttributes: [UInt8]
    /// Itself in the access log, and the beginning of what its check said.
    let logFields: FixedBytes

    init(
        index: Int, settings: RealmSettings, keys: KeyRing, sessions: SessionStore, accounts: AccountsDesk,
        throttle: LoginThrottle, registration: UsersSettings.Registration, meter: RealmMeter
    ) {
        self.meter = meter
        self.index = index
        self.settings = settings
        name = Array(settings.name.utf8)
        fixedName = FixedBytes(name)
        cookieName = Array(settings.cookie.utf8)
        endpoints = Array(settings.endpoints.utf8)
        tickets = TicketVerifier(keyRing: keys, realm: Array(settings.name.utf8))
        issuer = TicketIssuer(keyRing: keys, realm: Array(settings.name.utf8))
        self.sessions = sessions
        self.accounts = accounts
        self.throttle = throttle
        isRegistrationOpen = registration == .open
        look = RealmLook(settings.loginPage, prefix: settings.endpoints)
        takesBearer = settings.bearer
        let secure = settings.cookieSecure ? "; Secure" : ""
        cookieAttributes = Array("; Path=/; HttpOnly; SameSite=\(settings.sameSite.rawValue)\(secure)".utf8)
        logFields = FixedBytes(logFields: [("realm", settings.name)], then: ",\"auth\":\"")
    }
}
