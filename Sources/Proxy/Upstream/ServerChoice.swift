import Glibc

/// What the choice among servers looks at.
protocol ChoosableServer: AnyObject {
    /// 1 to 1000.
    var weight: Int { get }
    /// Requests it serves now.
    var activeCount: Int { get }
    /// What it is owed in turns.
    var credit: Int { get set }
    /// Its name as a number, the same in each worker and after each start.
    var seed: UInt64 { get }
}

/// The ways to choose one of several servers; the candidates are those for which a condition holds.
enum ServerChoice {
    /// The one with the fewest busy connections for its weight; equals take turns.
    static func leastBusy<Server: ChoosableServer>(
        _ servers: ContiguousArray<Server>, _ isCandidate: (Server) -> Bool
    ) -> Server? {
        var least: Server?
        for server in servers where isCandidate(server) {
            if let current = least, !isLess(server, current) { continue }
            least = server
        }
        guard let least else { return nil }
        return inTurn(servers) { isCandidate($0) && !isLess(least, $0) }
    }

    /// Whether `one` has fewer busy connections for its weight than `other`: a/wa < b/wb, without division.
    private static func isLess(_ one: some ChoosableServer, _ other: some ChoosableServer) -> Bool {
        one.activeCount * other.weight < other.activeCount * one.weight
    }

    /// Turns by weight, evenly spread: each gains its weight in credit, the one with the most serves and pays for
    /// all.
    static func inTurn<Server: ChoosableServer>(
        _ servers: ContiguousArray<Server>, _ isCandidate: (Server) -> Bool
    ) -> Server? {
        var next: Server?
        var total = 0
        for server in servers where isCandidate(server) {
            server.credit += server.weight
            total += server.weight
            if let current = next, server.credit <= current.credit { continue }
            next = server
        }
        next?.credit -= total
        return next
    }

    /// Always the same one for `key`, each for a share by its weight (weighted rendezvous): when a server leaves, only
    /// its own keys move, and they move back when it returns.
    static func byKey<Server: ChoosableServer>(
        _ key: UInt64, _ servers: ContiguousArray<Server>, _ isCandidate: (Server) -> Bool
    ) -> Server? {
        var best: Server?
        var bestScore = -1.0
        for server in servers where isCandidate(server) {
            // From 1/2^54 up to less than 1: the logarithm is finite and below zero.
            let draw = (Double(mixed(key ^ server.seed) >> 11) + 0.5) / 9_007_199_254_740_992
            let score = -Double(server.weight) / log(draw)
            if score > bestScore {
                best = server
                bestScore = score
            }
        }
        return best
    }

    /// The key of some bytes (FNV-1a, mixed).
    static func key(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        mixed(bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 })
    }

    /// The finaliser of SplitMix64: every bit of the input moves half of the output's.
    private static func mixed(_ value: UInt64) -> UInt64 {
        var mixed = value &+ 0x9e37_79b9_7f4a_7c15
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }
}
