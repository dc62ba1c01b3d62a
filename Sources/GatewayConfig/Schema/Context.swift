/// A block of the configuration, as far as it decides which directives may stand in it.
enum Context: String, CaseIterable, Sendable {
    case top = "top level"
    case listen, log, trace, redis, session, headers, limits, timeouts, shutdown, users, store, realm
    case loginPage = "login_page"
    case upstream, site, route

    /// `in realm`, `at the top level`.
    var place: String { self == .top ? "at the top level" : "in \(rawValue)" }
}
