/// A date of the proleptic Gregorian calendar.
public struct CivilDate: Sendable, Equatable {
    /// The year; 0 is the one before the first.
    public let year: Int
    /// 1 to 12.
    public let month: Int
    /// 1 to 31.
    public let day: Int

    /// The date so many days after 1970-01-01, or before it; at most ten million years away. Counted in eras of 400
    /// years that begin in March, so that the leap day is the last of its year.
    public init(daysSince1970 days: Int) {
        let shifted = min(max(days, -3_652_425_000), 3_652_425_000) + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }
}
