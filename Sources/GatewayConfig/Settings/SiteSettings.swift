/// One `site`.
public struct SiteSettings: Sendable, Equatable {
    /// Lower-case, no trailing dot: `shop.example.org`, `*.example.org` or `*`.
    public var hosts: [String]
    /// Index into `Settings.realms`; nil if every route is public, or deny.
    public var realm: Int?
    /// Seconds for which browsers are told to use https only, 0 to make them forget it; nil = they are told nothing.
    public var hsts: Int?
    /// In the order of the file; never empty.
    public var routes: [RouteSettings] = []
    /// The defaults besides this.
    public init(hosts: [String]) { self.hosts = hosts }
}
