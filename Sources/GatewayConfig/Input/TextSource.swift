/// Files and variables held in memory: for a configuration that some command writes itself, and for tests.
public struct TextSource: ConfigSource, Sendable {
    /// Content by path.
    public var files: [String: [UInt8]]
    /// Value by name.
    public var variables: [String: String]
    /// Permission bits by path, where they matter.
    public var modes: [String: UInt16] = [:]

    /// A source of these files and variables.
    public init(files: [String: String] = [:], variables: [String: String] = [:]) {
        self.files = files.mapValues { Array($0.utf8) }
        self.variables = variables
    }

    /// The file's bytes, or that it is missing.
    public func read(path: String) -> Result<[UInt8], ConfigSourceError> {
        files[path].map { .success($0) } ?? .failure(.missing)
    }

    /// The paths that match, sorted bytewise. Understands `*` and `?`.
    public func list(glob: String) -> [String] {
        let pattern = Array(glob.utf8)
        return files.keys.filter { Self.matches(Array($0.utf8)[...], pattern[...]) }.sorted {
            $0.utf8.lexicographicallyPrecedes($1.utf8)
        }
    }

    /// The variable, if it is there.
    public func environment(_ name: String) -> String? { variables[name] }

    /// The mode, if it is there.
    public func permissions(path: String) -> UInt16? { modes[path] }

    /// Iterative, with one point to return to: a glob of many stars stays quadratic at worst.
    private static func matches(_ text: ArraySlice<UInt8>, _ glob: ArraySlice<UInt8>) -> Bool {
        var (at, part) = (text.startIndex, glob.startIndex)
        var retry: (text: Int, glob: Int)?
        while at < text.endIndex {
            if part < glob.endIndex, glob[part] == UInt8(ascii: "*") {
                retry = (at, part + 1)
                part += 1
            } else if part < glob.endIndex, text[at] != UInt8(ascii: "/"),
                glob[part] == UInt8(ascii: "?") || glob[part] == text[at]
            {
                (at, part) = (at + 1, part + 1)
            } else if part < glob.endIndex, glob[part] == text[at] {
                (at, part) = (at + 1, part + 1)
            } else if let from = retry, text[from.text] != UInt8(ascii: "/") {
                retry = (from.text + 1, from.glob)
                (at, part) = (from.text + 1, from.glob)
            } else {
                return false
            }
        }
        return glob[part...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}
