import NIOCore
import PluginAPI
import Testing

@Suite("Timestamp")
struct TimestampTests {
    static let known: [(Int64, String)] = [
        (0, "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
        (1_769_681_757_120, "2026-01-29T10:15:57.120Z"),
        (951_782_400_000, "2000-02-29T00:00:00.000Z"), (951_868_799_999, "2000-02-29T23:59:59.999Z"),
        (4_107_542_400_000, "2100-03-01T00:00:00.000Z"), (1_709_164_800_007, "2024-02-29T00:00:00.007Z"),
        (-62_167_219_200_000, "0000-01-01T00:00:00.000Z"), (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
        (-11_644_473_600_000, "1601-01-01T00:00:00.000Z"),
    ]

    @Test("Known instants are written and read back", arguments: known)
    func knownValues(milliseconds: Int64, text: String) {
        let instant = Timestamp(milliseconds: milliseconds)
        #expect(instant.iso8601 == text)
        #expect(Timestamp(iso8601: text) == instant)
        var buffer = ByteBuffer(string: "at ")
        instant.write(to: &buffer)
        #expect(String(buffer: buffer) == "at \(text)")
    }

    @Test("Instants outside the years 0 to 9999 are written as the nearest inside")
    func clamps() {
        #expect(Timestamp(milliseconds: .max).iso8601 == "9999-12-31T23:59:59.999Z")
        #expect(Timestamp(milliseconds: .min).iso8601 == "0000-01-01T00:00:00.000Z")
    }

    @Test("Every day of 800 years follows the day before")
    func consecutiveDays() async {
        var previous = ""
        for day in Int64(-146_097)..<146_097 {
            if day.isMultiple(of: 5_000) { await Task.yield() }
            let instant = Timestamp(milliseconds: day * 86_400_000)
            let text = instant.iso8601
            if text <= previous || Timestamp(iso8601: text) != instant {
                Issue.record("\(text) after \(previous)")
                return
            }
            previous = text
        }
        #expect(previous == "2369-12-31T00:00:00.000Z")
    }

    @Test(
        "RFC 3339 in all its forms is read",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("1970-01-01t00:00:00z", 0), ("1970-01-01 00:00:00Z", 0),
            ("1970-01-01T01:00:00+01:00", 0), ("1969-12-31T18:30:00-05:30", 0), ("1970-01-01T00:00:00-00:00", 0),
            ("1970-01-01T00:00:00.5Z", 500), ("1970-01-01T00:00:00.1239Z", 123),
            ("1970-01-01T00:00:00.123456789Z", 123),
            ("1990-12-31T23:59:60Z", 662_688_000_000), ("1996-12-19T16:39:57-08:00", 851_042_397_000),
        ])
    func reads(text: String, milliseconds: Int64) {
        #expect(Timestamp(iso8601: text)?.milliseconds == milliseconds)
        #expect(Timestamp(iso8601: "<\(text)>".dropFirst().dropLast())?.milliseconds == milliseconds)
    }

    @Test(
        "Anything else is refused",
        arguments: [
            "", "2026", "2026-01-29", "2026-01-29T10:15:57", "2026-01-29T10:15Z", "2026-1-29T10:15:57Z",
            "2026-00-29T10:15:57Z", "2026-13-29T10:15:57Z", "2026-02-29T10:15:57Z", "2100-02-29T10:15:57Z",
            "2026-04-31T10:15:57Z", "2026-01-00T10:15:57Z", "2026-01-32T10:15:57Z", "2026-01-29T24:00:00Z",
            "2026-01-29T10:60:00Z", "2026-01-29T10:15:61Z", "2026-01-29T10:15:57.Z", "2026-01-29T10:15:57.1234567890Z",
            "2026-01-29T10:15:57,1Z", "2026-01-29T10:15:57+0100", "2026-01-29T10:15:57+24:00",
            "2026-01-29T10:15:57+01:60",
            "2026-01-29T10:15:57ZZ", " 2026-01-29T10:15:57Z", "-026-01-29T10:15:57Z", "２026-01-29T10:15:57Z",
        ])
    func refuses(text: String) {
        #expect(Timestamp(iso8601: text) == nil)
    }

    @Test("Arithmetic is in milliseconds and stops at the ends")
    func arithmetic() {
        let instant = Timestamp(milliseconds: 1_000)
        #expect(instant + .seconds(2) == Timestamp(milliseconds: 3_000))
        #expect(instant - .milliseconds(1) == Timestamp(milliseconds: 999))
        #expect(instant + .microseconds(999) == instant)
        #expect(instant - Timestamp(milliseconds: 250) == .milliseconds(750))
        #expect(instant < instant.adding(milliseconds: 1))
        #expect(Timestamp(milliseconds: .max) + .seconds(1) == Timestamp(milliseconds: .max))
        #expect(Timestamp(milliseconds: .min) - .seconds(Int64.max) == Timestamp(milliseconds: .min))
        #expect(Timestamp(milliseconds: .min).milliseconds(since: Timestamp(milliseconds: 1)) == .min)
        #expect(Timestamp(milliseconds: .max).milliseconds(since: Timestamp(milliseconds: -1)) == .max)
    }

    @Test(
        "HTTP's dates have the day of the week and fixed widths, and stop at years of four digits",
        arguments: [
            (784_111_777_900, "Sun, 06 Nov 1994 08:49:37 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (-1_000, "Wed, 31 Dec 1969 23:59:59 GMT"), (1_803_859_200_000, "Mon, 01 Mar 2027 00:00:00 GMT"),
            (-62_135_596_800_000, "Mon, 01 Jan 0001 00:00:00 GMT"), (.min, "Sat, 01 Jan 0000 00:00:00 GMT"),
            (.max, "Fri, 31 Dec 9999 23:59:59 GMT"),
        ])
    func httpDates(milliseconds: Int64, text: String) {
        #expect(Timestamp(milliseconds: milliseconds).httpDate == text)
    }

    @Test("The machine's clock is past the day this was written, and the manual one moves only by hand")
    func clocks() {
        #expect(SystemClock().now > Timestamp(milliseconds: 1_769_681_757_120))
        let clock = ManualClock(Timestamp(milliseconds: 10))
        #expect(clock.now.milliseconds == 10)
        clock.advance(by: .seconds(1))
        #expect(clock.now.milliseconds == 1_010)
        clock.advance(by: .milliseconds(-10))
        #expect(clock.now.milliseconds == 1_000)
        clock.set(to: .epoch)
        #expect(clock.now == .epoch)
    }
}
