/// Text from a file, made fit for a message.
enum Printable {
    private static let limit = 60

    /// In double quotes, control characters as `\u{..}`, cut where it is long.
    static func quoted(_ text: String) -> String {
        var out = "\""
        for (index, scalar) in text.unicodeScalars.enumerated() {
            if index == limit {
                out += "…"
                break
            }
            if scalar == "\"" || scalar == "\\" { out += "\\" }
            if isHidden(scalar) || scalar.value < 0x20 {
                out += "\\u{" + String(scalar.value, radix: 16) + "}"
            } else {
                out.unicodeScalars.append(scalar)
            }
        }
        return out + "\""
    }

    /// Controls, and the marks that turn the direction of what follows.
    static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: true
        default: false
        }
    }
}
