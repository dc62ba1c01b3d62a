/// Lays lines out: four blanks a level, one blank between words, columns where the rules or the author want them.
struct LineLayout {
    /// A line with its level; empty ones stand for a blank line.
    private struct Row {
        var line: SourceLine
        var depth: Int
        var code: [UInt8] = []
    }

    private static let routeColumns = 4
    private var rows: [Row] = []

    init(_ lines: [SourceLine]) {
        var depth = 0
        for line in lines {
            let closes = line.pieces.prefix { $0.kind == .close }.count
            let level = max(0, depth - closes)
            rows.append(Row(line: line, depth: level))
            let opens = line.pieces.count { $0.kind == .open }
            depth = max(0, depth + opens - line.pieces.count { $0.kind == .close })
        }
        dropBlankLines()
        layOut()
    }

    /// The text, with one line end at its end.
    var bytes: [UInt8] {
        var text: [UInt8] = []
        for (index, row) in rows.enumerated() {
            var line = row.code
            if let comment = row.line.comment {
                if line.isEmpty {
                    line = margin(row.depth)
                } else {
                    pad(&line, to: commentColumn(of: index))
                }
                line += comment
            } else if line.last == UInt8(ascii: "\\") {
                // A word's own backslash, which would join the next line if nothing stood between.
                line.append(0x20)
            }
            text += line + [0x0a]
        }
        return text
    }

    // MARK: Blank lines

    /// At most one in a row, none at the beginning or end of the file or of a block.
    private mutating func dropBlankLines() {
        var kept: [Row] = []
        for row in rows {
            if row.line.isEmpty {
                let isStart = kept.last.map { $0.line.isEmpty || Self.opensBlock($0.line) } ?? true
                if isStart { continue }
            } else if row.line.pieces.first?.kind == .close, kept.last?.line.isEmpty == true {
                kept.removeLast()
            }
            kept.append(row)
        }
        while kept.last?.line.isEmpty == true { kept.removeLast() }
        rows = kept
    }

    private static func opensBlock(_ line: SourceLine) -> Bool { line.pieces.last?.kind == .open }

    // MARK: Code

    private mutating func layOut() {
        var start = 0
        while start < rows.count {
            var end = start + 1
            while end < rows.count, belongsTogether(start, end) { end += 1 }
            layOut(start..<end)
            start = end
        }
    }

    /// Lines of one run: neighbours of one level, plain, and either all routes or none.
    private func belongsTogether(_ first: Int, _ other: Int) -> Bool {
        guard rows[first].depth == rows[other].depth, isAlignable(rows[first]), isAlignable(rows[other])
        else {
            return false
        }
        return isRoute(rows[first]) == isRoute(rows[other])
    }

    private func isAlignable(_ row: Row) -> Bool {
        guard row.line.isPlain, row.line.pieces.first?.kind == .word else { return false }
        return isRoute(row) || row.line.pieces.allSatisfy { $0.kind == .word }
    }

    private func isRoute(_ row: Row) -> Bool {
        row.line.pieces.first?.text == Array("route".utf8) && row.line.pieces.count > 2
    }

    private mutating func layOut(_ run: Range<Int>) {
        let isTable = run.count > 1 && (isRoute(rows[run.lowerBound]) || areNamesAligned(run))
        let columns = run.map { cells(rows[$0], isTable: isTable) }
        var widths: [Int] = []
        for cells in columns {
            for (column, cell) in cells.enumerated() {
                if column == widths.count { widths.append(0) }
                widths[column] = max(widths[column], Self.width(cell))
            }
        }
        for (row, cells) in zip(run, columns) {
            var code = margin(rows[row].depth)
            for (column, cell) in cells.enumerated() {
                code += cell
                guard column < cells.count - 1 else { break }
                let gap = isTable ? widths[column] - Self.width(cell) : 0
                code += [UInt8](repeating: 0x20, count: gap + 1)
            }
            rows[row].code = cells.isEmpty ? [] : code
        }
    }

    /// Whether the author has put the first values of all these lines in one column.
    private func areNamesAligned(_ run: Range<Int>) -> Bool {
        guard isAlignable(rows[run.lowerBound]) else { return false }
        let columns = run.compactMap { index -> Int? in
            let pieces = rows[index].line.pieces
            return pieces.count > 1 ? pieces[1].column - pieces[0].column : nil
        }
        return columns.count == run.count && Set(columns).count == 1
    }

    /// What is lined up: of a route its pattern, upstream, access and block, else the name and the rest.
    private func cells(_ row: Row, isTable: Bool) -> [[UInt8]] {
        let pieces = row.line.pieces
        guard isTable else { return pieces.isEmpty ? [] : [joined(pieces[...], row.depth)] }
        guard isRoute(row) else {
            return [pieces[0].text, joined(pieces.dropFirst(), row.depth)].filter { !$0.isEmpty }
        }
        let open = pieces.firstIndex { $0.kind == .open } ?? pieces.count
        var cells = pieces[..<min(3, open)].map(\.text)
        if open > 3 { cells.append(joined(pieces[3..<open], row.depth)) }
        guard open < pieces.count else { return cells }
        while cells.count < Self.routeColumns { cells.append([]) }
        return cells + [joined(pieces[open...], row.depth)]
    }

    private func joined(_ pieces: ArraySlice<SourceLine.Piece>, _ depth: Int) -> [UInt8] {
        var text: [UInt8] = []
        for piece in pieces {
            if piece.isContinued, !text.isEmpty {
                text += Array(" \\\n".utf8) + margin(depth + 1)
            } else if !text.isEmpty {
                text.append(0x20)
            }
            text += piece.text
        }
        return text
    }

    // MARK: Comments

    /// Where the comment behind the code of a row begins: as in its neighbours, in the author's column if they have
    /// one.
    private func commentColumn(of index: Int) -> Int {
        var first = index
        while first > 0, hasComment(first - 1) { first -= 1 }
        var last = index
        while last + 1 < rows.count, hasComment(last + 1) { last += 1 }
        let widest = (first...last).map { Self.width(rows[$0].code[...]) }.max() ?? 0
        let given = Set((first...last).map { rows[$0].line.commentColumn })
        if given.count == 1, let column = given.first, column > widest { return column }
        return widest + 2
    }

    private func hasComment(_ index: Int) -> Bool {
        rows[index].line.comment != nil && !rows[index].code.isEmpty
    }

    private func pad(_ line: inout [UInt8], to column: Int) {
        line += [UInt8](repeating: 0x20, count: max(1, column - Self.width(line[...])))
    }

    private func margin(_ depth: Int) -> [UInt8] { [UInt8](repeating: 0x20, count: 4 * depth) }

    /// Characters of the last line.
    private static func width(_ text: some Collection<UInt8>) -> Int {
        let bytes = Array(text)
        let start = bytes.lastIndex(of: 0x0a).map { $0 + 1 } ?? 0
        return bytes[start...].count { $0 & 0xc0 != 0x80 }
    }
}
