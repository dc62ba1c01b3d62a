/// Paths as text; nothing here looks at a file system.
enum FilePath {
    /// What is before the last slash; empty for a bare name, `/` for a file in the root.
    static func directory(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "" }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// `path` as seen from `directory`.
    static func join(_ directory: String, _ path: String) -> String {
        if path.utf8.first == UInt8(ascii: "/") || directory.isEmpty { return path }
        return directory == "/" ? "/" + path : directory + "/" + path
    }

    /// Segments without `.`, and `..` taken together with what it leaves; nil where a relative path leaves its start.
    static func normalized(_ path: String) -> [String]? {
        let isAbsolute = path.utf8.first == UInt8(ascii: "/")
        var segments: [String] = isAbsolute ? ["/"] : []
        for part in path.utf8.split(separator: UInt8(ascii: "/")) {
            let segment = String(part) ?? ""
            if segment == "." { continue }
            guard segment == ".." else {
                segments.append(segment)
                continue
            }
            if segments.last == "/" { continue }
            guard segments.popLast() != nil else { return nil }
        }
        return segments
    }

    /// Whether `path` lies below `directory`, by the text of both.
    static func isBelow(_ path: String, _ directory: String) -> Bool {
        guard let inner = normalized(path), let outer = normalized(directory) else { return false }
        return inner.count > outer.count && inner.starts(with: outer)
    }
}
