import GatewayConfig

/// Matches one path pattern, for lists that are short and off the hot path.
struct PathMatcher {
    private let pattern: PathPattern

    init(_ pattern: PathPattern) { self.pattern = pattern }

    func matches(_ path: UnsafeRawBufferPointer) -> Bool {
        var position = 0
        for segment in pattern.segments {
            guard position < path.count, path[position] == UInt8(ascii: "/") else { return false }
            var end = position + 1
            while end < path.count && path[end] != UInt8(ascii: "/") { end += 1 }
            let found = path[(position + 1)..<end]
            switch segment {
            case .any: if found.isEmpty { return false }
            case .literal(let wanted): if !found.elementsEqual(wanted) { return false }
            }
            position = end
        }
        if pattern.matchesBelow { return position == path.count || path[position] == UInt8(ascii: "/") }
        return position == path.count || pattern.segments.isEmpty && path.count == 1
    }
}
