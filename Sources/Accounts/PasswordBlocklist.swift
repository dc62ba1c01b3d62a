/// Passwords that an operator does not want: a file's lines, found in any case of their ASCII letters.
public struct PasswordBlocklist: Sendable, Equatable {
    /// Small letters; the lines are where they were in the file.
    private let text: [UInt8]
    /// Where the lines begin, in the order of their bytes.
    private let starts: [UInt32]

    /// The list in `file`: one password a line, whose end may be LF or CRLF. Empty lines count as none, and a line
    /// that begins with `#!comment:` is one, as in the lists of John the Ripper. Beyond 4 GiB nothing is read.
    public init(file: [UInt8]) {
        let text = file.prefix(Int(UInt32.max)).map(ASCII.lowerCased)
        var starts: [UInt32] = []
        var position = 0
        while position < text.count {
            let line = Self.line(text, at: position)
            if !line.isEmpty, !line.starts(with: "#!comment:".utf8) { starts.append(UInt32(position)) }
            position = (text[position...].firstIndex(of: 0x0a) ?? text.count) + 1
        }
        self.text = text
        self.starts = starts.sorted {
            Self.line(text, at: Int($0)).lexicographicallyPrecedes(Self.line(text, at: Int($1)))
        }
    }

    /// Lines that are passwords.
    public var count: Int { starts.count }

    /// Whether `password` is listed.
    public func contains(_ password: [UInt8]) -> Bool {
        let wanted = password.map(ASCII.lowerCased)
        var low = 0
        var high = starts.count
        while low < high {
            let middle = low + (high - low) / 2
            let line = Self.line(text, at: Int(starts[middle]))
            if line.elementsEqual(wanted) { return true }
            if line.lexicographicallyPrecedes(wanted) { low = middle + 1 } else { high = middle }
        }
        return false
    }

    private static func line(_ text: [UInt8], at start: Int) -> ArraySlice<UInt8> {
        let end = text[start...].firstIndex(of: 0x0a) ?? text.count
        return end > start && text[end - 1] == 0x0d ? text[start..<end - 1] : text[start..<end]
    }
}
