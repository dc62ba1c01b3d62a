/// Values as the configuration writes them, for what shows settings to people.
public enum SettingText {
    /// `90000` as `90s`.
    public static func duration(milliseconds: Int) -> String { Number.durationText(milliseconds) }

    /// `16384` as `16k`; nil is `off`.
    public static func size(bytes: Int?) -> String { bytes.map(Number.sizeText) ?? "off" }

    /// `20/s`, `10/5m`.
    public static func rate(_ rate: Rate) -> String {
        let window = Number.durationText(rate.window)
        let isUnit = window.utf8.count == 2 && window.utf8.first == UInt8(ascii: "1")
        return "\(rate.count)/\(isUnit ? String(window.dropFirst()) : window)"
    }
}
