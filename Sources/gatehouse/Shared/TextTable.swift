/// Rows for people to read: columns as wide as their widest cell, two blanks between them.
struct TextTable {
    private var rows: [[String]]

    /// A table with these headings.
    init(_ headings: String...) { rows = [headings] }

    /// Whether there is nothing below the headings.
    var isEmpty: Bool { rows.count == 1 }

    mutating func add(_ cells: String...) { rows.append(cells.map(Self.printable)) }

    /// The lines, the headings first.
    var text: String {
        var widths = Array(repeating: 0, count: rows[0].count)
        for row in rows {
            for (column, cell) in row.enumerated() {
                widths[column] = max(widths[column], cell.unicodeScalars.count)
            }
        }
        return rows.map { row in
            var line = ""
            for (column, cell) in row.enumerated() {
                line += cell
                guard row[(column + 1)...].contains(where: { !$0.isEmpty }) else { break }
                line += String(repeating: " ", count: widths[column] - cell.unicodeScalars.count + 2)
            }
            return line + "\n"
        }.joined()
    }

    /// What others wrote, such as the name of a user agent, must not speak to the terminal.
    static func printable(_ text: String) -> String {
        var clean = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            let isControl = scalar.properties.generalCategory == .control
            let isFormat = scalar.properties.generalCategory == .format
            clean.append(isControl || isFormat ? "?" : scalar)
        }
        return String(clean)
    }
}
