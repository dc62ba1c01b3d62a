/// A place in one of the files of a load.
struct Position: Hashable, Sendable {
    /// Index into `DiagnosticLog.files`.
    var file: Int
    /// 1-based.
    var line: Int
    /// Bytes before it in its line.
    var offset: Int
}

/// A file of the load, kept for the lines that diagnostics show.
struct SourceFile {
    let path: String
    let bytes: [UInt8]
    /// Where each line starts.
    let lineStarts: [Int]

    init(path: String, bytes: [UInt8]) {
        self.path = path
        self.bytes = bytes
        var starts = [0]
        for (index, byte) in bytes.enumerated() where byte == 0x0a { starts.append(index + 1) }
        lineStarts = starts
    }

    /// Directory that relative paths in the file start from; empty for the working directory.
    var directory: String { FilePath.directory(of: path) }

    /// Bytes of a line without its end; nothing for a line that is not there.
    func line(_ number: Int) -> ArraySlice<UInt8> {
        guard number >= 1, number <= lineStarts.count else { return [] }
        let start = lineStarts[number - 1]
        var end = number < lineStarts.count ? lineStarts[number] - 1 : bytes.count
        if end > start, bytes[end - 1] == 0x0d { end -= 1 }
        return bytes[start..<max(start, end)]
    }
}
