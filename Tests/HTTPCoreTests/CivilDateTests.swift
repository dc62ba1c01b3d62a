import HTTPCore
import Testing

@Suite struct CivilDateTests {
    @Test(arguments: [
        (0, 1970, 1, 1), (-1, 1969, 12, 31), (59, 1970, 3, 1), (789, 1972, 2, 29), (11_016, 2000, 2, 29),
        (20_782, 2026, 11, 25), (47_540, 2100, 2, 28), (47_541, 2100, 3, 1), (2_932_896, 9999, 12, 31),
        (-719_468, 0, 3, 1), (-719_529, -1, 12, 31),
    ])
    func `a day has its date`(days: Int, year: Int, month: Int, day: Int) {
        let date = CivilDate(daysSince1970: days)
        #expect(date.year == year && date.month == month && date.day == day)
    }

    @Test func `each day follows the one before`() {
        var last = CivilDate(daysSince1970: -800_000)
        for days in -799_999...800_000 {
            let date = CivilDate(daysSince1970: days)
            let isLeap = last.year % 4 == 0 && (last.year % 100 != 0 || last.year % 400 == 0)
            let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
            let endsMonth = last.day == lengths[last.month - 1]
            let endsYear = endsMonth && last.month == 12
            guard date.day == (endsMonth ? 1 : last.day + 1),
                date.month == (endsYear ? 1 : endsMonth ? last.month + 1 : last.month),
                date.year == (endsYear ? last.year + 1 : last.year)
            else {
                Issue.record("\(last) is followed by \(date)")
                return
            }
            last = date
        }
    }

    @Test func `no count of days traps`() {
        for days in [Int.min, Int.max, .min + 1, .max - 1] { _ = CivilDate(daysSince1970: days) }
    }
}
