/// Dates as HTTP sends them: IMF-fixdate (RFC 9110 section 5.6.7), always 29 bytes.
public enum HTTPDate {
    /// 9999-12-31T23:59:59Z, the last second with a year of four digits.
    private static let lastSecond: Int64 = 253_402_300_799

    /// The date of `epochSeconds`, seconds since 1970 in UTC. Times outside the years 1970 to 9999 are
    /// written as the nearest second within.
    public static func format(epochSeconds: Int64) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(29)
        let seconds = Int(min(max(epochSeconds, 0), lastSecond))
        let day = seconds / 86_400
        let rest = seconds % 86_400
        let date = CivilDate(daysSince1970: day)
        // 1970-01-01 was a Thursday.
        append("ThuFriSatSunMonTueWed", (day % 7) * 3, to: &output)
        output.append(0x2c)
        output.append(0x20)
        append(date.day, to: &output)
        output.append(0x20)
        append("JanFebMarAprMayJunJulAugSepOctNovDec", (date.month - 1) * 3, to: &output)
        output.append(0x20)
        append(date.year / 100, to: &output)
        append(date.year % 100, to: &output)
        output.append(0x20)
        append(rest / 3_600, to: &output)
        output.append(0x3a)
        append(rest / 60 % 60, to: &output)
        output.append(0x3a)
        append(rest % 60, to: &output)
        output.append(contentsOf: " GMT".utf8)
        return output
    }

    private static func append(_ names: String, _ offset: Int, to output: inout [UInt8]) {
        let bytes = names.utf8.span
        for index in offset..<(offset + 3) { output.append(bytes[index]) }
    }

    private static func append(_ twoDigits: Int, to output: inout [UInt8]) {
        output.append(0x30 + UInt8(twoDigits / 10))
        output.append(0x30 + UInt8(twoDigits % 10))
    }
}
