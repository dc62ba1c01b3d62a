public import GatewayConfig

extension PathPattern {
    /// Whether this pattern stands before `other` in a list in which, of all patterns that match a path, the most
    /// specific comes first: segment by segment, literal before `{x}` before `*`. Patterns that match no path in
    /// common stand in the order of their bytes.
    public func stands(before other: PathPattern) -> Bool {
        for (mine, theirs) in zip(segments, other.segments) {
            switch (mine, theirs) {
            case (.any, .any): continue
            case (.literal, .any): return true
            case (.any, .literal): return false
            case (.literal(let left), .literal(let right)):
                if left != right { return left.lexicographicallyPrecedes(right) }
            }
        }
        if segments.count == other.segments.count { return !matchesBelow && other.matchesBelow }
        // A pattern that goes on is more specific than the `*` that the other has there.
        return segments.count > other.segments.count ? other.matchesBelow : !matchesBelow
    }
}
