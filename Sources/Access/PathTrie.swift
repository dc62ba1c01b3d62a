import GatewayConfig

/// Path patterns of all sites as one trie of segments, in flat arrays.
///
/// A search visits the literal child first, then `{x}`, then the node's own `/*`, so the first pattern it meets is
/// the most specific one (compared left to right). Every node has exactly one way in, so a search visits no
/// node twice, and one without `{x}` beside a literal goes straight down.
struct PathTrie: Sendable {
    /// Pattern numbers and children are -1 where there is none.
    private struct Node: Sendable {
        var anyChild: Int32 = -1
        var exact: Int32 = -1
        var below: Int32 = -1
        var hasLiterals = false
    }

    private var nodes: [Node] = []
    private var literals = ByteTable()

    /// Adds an empty tree; the result is its root.
    mutating func addRoot() -> Int32 {
        nodes.append(Node())
        return Int32(nodes.count - 1)
    }

    /// Number of the pattern under `root`; a new one gets the number that `make` gives.
    mutating func number(of pattern: PathPattern, under root: Int32, orInsert make: () -> Int32) -> Int32 {
        var node = Int(root)
        for segment in Self.segments(of: pattern) { node = child(of: node, for: segment) }
        let known = pattern.matchesBelow ? nodes[node].below : nodes[node].exact
        if known >= 0 { return known }
        let number = make()
        if pattern.matchesBelow { nodes[node].below = number } else { nodes[node].exact = number }
        return number
    }

    /// Most specific pattern under `root` that matches `path` (canonical, starts with `/`), or -1.
    func pattern(under root: Int32, for path: Span<UInt8>) -> Int32 {
        guard path.count > 0, path[0] == UInt8(ascii: "/") else { return -1 }
        return search(Int(root), path, at: 0)
    }

    /// Every pattern under `root` that matches `path`, the most specific first.
    func patterns(under root: Int32, for path: Span<UInt8>) -> [Int32] {
        guard path.count > 0, path[0] == UInt8(ascii: "/") else { return [] }
        var found: [Int32] = []
        collect(Int(root), path, at: 0, into: &found)
        return found
    }

    /// `position` is at the slash before the next segment, or at the end of the path.
    private func search(_ index: Int, _ path: Span<UInt8>, at position: Int) -> Int32 {
        let node = nodes[index]
        if position == path.count { return node.exact >= 0 ? node.exact : node.below }
        guard node.hasLiterals || node.anyChild >= 0 else { return node.below }
        let segment = PathSegment(path, after: position)
        if node.hasLiterals {
            let child = literals.value(group: Int32(index), hash: segment.hash, path, segment.range)
            let found = child < 0 ? -1 : search(Int(child), path, at: segment.range.upperBound)
            if found >= 0 { return found }
        }
        if node.anyChild >= 0, !segment.range.isEmpty {
            let found = search(Int(node.anyChild), path, at: segment.range.upperBound)
            if found >= 0 { return found }
        }
        return node.below
    }

    private func collect(_ index: Int, _ path: Span<UInt8>, at position: Int, into found: inout [Int32]) {
        let node = nodes[index]
        if position == path.count {
            if node.exact >= 0 { found.append(node.exact) }
        } else {
            let segment = PathSegment(path, after: position)
            let child = literals.value(group: Int32(index), hash: segment.hash, path, segment.range)
            if child >= 0 { collect(Int(child), path, at: segment.range.upperBound, into: &found) }
            if node.anyChild >= 0, !segment.range.isEmpty {
                collect(Int(node.anyChild), path, at: segment.range.upperBound, into: &found)
            }
        }
        if node.below >= 0 { found.append(node.below) }
    }

    private mutating func child(of node: Int, for segment: PathPattern.Segment) -> Int {
        let next = Int32(nodes.count)
        let child: Int32
        switch segment {
        case .literal(let bytes):
            child = literals.value(group: Int32(node), bytes) { next }
            nodes[node].hasLiterals = true
        case .any:
            child = nodes[node].anyChild >= 0 ? nodes[node].anyChild : next
            nodes[node].anyChild = child
        }
        if child == next { nodes.append(Node()) }
        return Int(child)
    }

    /// `/` written exactly is one empty segment, as in a path.
    private static func segments(of pattern: PathPattern) -> [PathPattern.Segment] {
        pattern.segments.isEmpty && !pattern.matchesBelow ? [.literal([])] : pattern.segments
    }
}

/// One segment of a path, and its hash.
private struct PathSegment {
    let range: Range<Int>
    let hash: ByteHash

    /// The segment that follows the slash at `slash`.
    init(_ path: Span<UInt8>, after slash: Int) {
        var hash = ByteHash()
        var end = slash + 1
        while end < path.count, path[end] != UInt8(ascii: "/") {
            hash.add(path[end])
            end += 1
        }
        self.range = (slash + 1)..<end
        self.hash = hash
    }
}
