/// `strip_prefix` and `rewrite`, after matching. The result is checked like a path from a client.
enum PathRewrite {
    /// The path for the origin: `strip` (or without it, the first `segments` segments) is taken off on a segment
    /// boundary, then `rewrite` is put in front. nil = the prefix does not match, or the result is not canonical.
    static func apply(
        _ path: UnsafeRawBufferPointer, strip: [UInt8]?, segments: Int, rewrite: [UInt8]?
    ) -> [UInt8]? {
        var rest = UnsafeRawBufferPointer(rebasing: path[...])
        if strip == nil {
            rest = dropSegments(rest, segments)
        } else if let strip {
            let prefix = strip.last == UInt8(ascii: "/") ? Array(strip.dropLast()) : strip
            guard rest.count >= prefix.count, rest[..<prefix.count].elementsEqual(prefix) else { return nil }
            rest = UnsafeRawBufferPointer(rebasing: rest[prefix.count...])
            if let first = rest.first, first != UInt8(ascii: "/") { return nil }
        }
        var result: [UInt8] = []
        // Nothing is left of the path: it becomes what the file says, without a slash that nobody wrote.
        if let rewrite, rest.isEmpty { return isCanonical(rewrite) ? rewrite : nil }
        if let rewrite { result += rewrite.last == UInt8(ascii: "/") ? Array(rewrite.dropLast()) : rewrite }
        result += rest.isEmpty ? [UInt8(ascii: "/")] : Array(rest)
        return isCanonical(result) ? result : nil
    }

    private static func isCanonical(_ path: [UInt8]) -> Bool {
        path.first == UInt8(ascii: "/") && !hasEmptyOrDotSegment(path)
    }

    private static func dropSegments(_ path: UnsafeRawBufferPointer, _ count: Int) -> UnsafeRawBufferPointer {
        var position = 0
        var left = count
        while left > 0 && position < path.count {
            left -= 1
            position += 1
            while position < path.count && path[position] != UInt8(ascii: "/") { position += 1 }
        }
        return UnsafeRawBufferPointer(rebasing: path[position...])
    }

    private static func hasEmptyOrDotSegment(_ path: [UInt8]) -> Bool {
        let segments = path.dropFirst().split(
            separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        // The last one is empty where the path ends in a slash.
        if segments.dropLast().contains(where: \.isEmpty) { return true }
        return segments.contains { $0.elementsEqual(".".utf8) || $0.elementsEqual("..".utf8) }
    }
}
