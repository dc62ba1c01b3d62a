import HTTPCore
import Testing

@Suite("HTTPDate")
struct HTTPDateTests {
    @Test(arguments: [
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
        (951_782_399, "Mon, 28 Feb 2000 23:59:59 GMT"), (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
        (951_868_800, "Wed, 01 Mar 2000 00:00:00 GMT"), (1_709_164_800, "Thu, 29 Feb 2024 00:00:00 GMT"),
        (2_147_483_648, "Tue, 19 Jan 2038 03:14:08 GMT"), (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
        (1_798_761_599, "Thu, 31 Dec 2026 23:59:59 GMT"), (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"),
        (Int64.max, "Fri, 31 Dec 9999 23:59:59 GMT"), (Int64.min, "Thu, 01 Jan 1970 00:00:00 GMT"),
    ])
    func `writes the date that a second belongs to`(_ second: Int64, _ text: String) {
        #expect(HTTPDate.format(epochSeconds: second) == Array(text.utf8))
    }

    @Test func `goes on by one day each day for 400 years`() {
        var weekday = 4
        let names = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        var previous: [UInt8] = []
        for day in Int64(0)..<146_097 {
            let date = HTTPDate.format(epochSeconds: day * 86_400 + 43_200)
            #expect(date.count == 29 && date.starts(with: names[weekday].utf8) && date != previous)
            weekday = (weekday + 1) % 7
            previous = date
        }
    }
}
