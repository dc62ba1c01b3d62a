/// `/exact`, `/dir/*`, `/users/{id}/x`, `/*`.
public struct PathPattern: Sendable, Hashable {
    /// What is between two slashes.
    public enum Segment: Sendable, Hashable {
        /// These bytes, in the canonical spelling; empty only as the last one of a path that ends in a slash.
        case literal([UInt8])
        /// `{name}`: exactly one segment, not empty.
        case any
    }
    /// As written.
    public var text: String
    /// Without the final `*`.
    public var segments: [Segment]
    /// Ends in `/*`: matches the directory itself (with and without its slash) and all below it.
    public var matchesBelow: Bool
    /// Its parts.
    public init(text: String, segments: [Segment], matchesBelow: Bool) {
        self.text = text
        self.segments = segments
        self.matchesBelow = matchesBelow
    }
}
