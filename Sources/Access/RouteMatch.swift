/// What the route table says about one request.
public enum RouteMatch: Sendable, Equatable {
    /// Index into the site's `routes`.
    case route(Int)
    /// A pattern matches the path, but no route of it takes the method. `allow` is the value of the `Allow`
    /// field: `GET, HEAD, POST` (RFC 9110 section 10.2.1).
    case methodNotAllowed(allow: [UInt8])
    /// No pattern of the site matches.
    case notFound
}

/// A path that the gateway answers itself.
public enum GatewayPath: Sendable, Equatable {
    /// Under the prefix of a realm (index into `Settings.realms`). `rest` is the part of the path after the
    /// prefix: empty, or starting with a slash.
    case endpoint(realm: Int, rest: Range<Int>)
    /// `/.well-known/change-password` (W3C), on behalf of the realm.
    case changePassword(realm: Int)
    /// The path that browsers ask for to learn whether a site says 404 of what it does not have: only then do they
    /// believe it about `changePassword` (W3C, Detecting the reliability of HTTP status codes).
    case absent
}
