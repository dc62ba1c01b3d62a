import Redis
import Supervisor

extension CommandRedis {
    /// Calls `body` with the names of all keys that begin with `prefix`, some at a time. A name may come twice.
    ///
    /// - Throws: `ExitFailure`; of its own with status 69.
    func forEachKey(
        _ prefix: [UInt8], _ body: ([[UInt8]]) throws(ExitFailure) -> Void
    ) throws(ExitFailure) {
        let pattern = Self.escaped(prefix) + [UInt8(ascii: "*")]
        var cursor = Array("0".utf8)
        repeat {
            let reply = try call(
                RedisCommand(
                    "SCAN", [cursor, Array("MATCH".utf8), pattern, Array("COUNT".utf8), Array("500".utf8)]))
            let parts = reply.elements
            guard parts.count == 2, let next = parts[0].bytes else {
                throw ExitFailure(status: ExitStatus.unavailable, message: "Redis gave no list of keys")
            }
            cursor = next
            let names = parts[1].elements.compactMap(\.bytes)
            if !names.isEmpty { try body(names) }
        } while cursor != Array("0".utf8)
    }

    /// A pattern of Redis that means these bytes and nothing else.
    private static func escaped(_ bytes: [UInt8]) -> [UInt8] {
        bytes.flatMap { "*?[]\\^-".utf8.contains($0) ? [UInt8(ascii: "\\"), $0] : [$0] }
    }
}
