import GatewayConfig

/// The routes that share one path pattern, told apart by method.
struct MethodTable: Sendable {
    private struct Entry: Sendable {
        let method: [UInt8]
        let route: Int
    }

    private var entries: [Entry] = []
    /// Route that takes every method, or -1.
    private var anyRoute = -1
    private(set) var allow: [UInt8] = Array("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS".utf8)

    /// Adds route number `route`. Where two say the same, the first stays: the configuration refuses these.
    mutating func add(_ settings: RouteSettings, _ route: Int) {
        guard let methods = settings.methods else {
            if anyRoute < 0 { anyRoute = route }
            return
        }
        for method in methods.map({ Array($0.utf8) })
        where !Self.isRefused(method.span) && !entries.contains(where: { $0.method == method }) {
            entries.append(Entry(method: method, route: route))
        }
        if anyRoute < 0 { allow = Array(entries.map(\.method).joined(separator: Array(", ".utf8))) }
    }

    /// Route for `method` (case-sensitive, RFC 9110 section 9.1), or -1.
    func route(for method: Span<UInt8>) -> Int {
        for entry in entries where Bytes.equal(entry.method.span, method) { return entry.route }
        return Self.isRefused(method) ? -1 : anyRoute
    }

    /// The route that takes every method, if there is no other; else -1.
    var onlyRoute: Int { entries.isEmpty ? anyRoute : -1 }

    /// Every route, the ones with methods first.
    var routes: [Int] {
        var routes: [Int] = []
        for entry in entries where !routes.contains(entry.route) { routes.append(entry.route) }
        return anyRoute < 0 ? routes : routes + [anyRoute]
    }

    /// CONNECT and TRACE go to no route, whatever it says.
    static func isRefused(_ method: Span<UInt8>) -> Bool {
        Bytes.equal(method, "CONNECT") || Bytes.equal(method, "TRACE")
    }
}
