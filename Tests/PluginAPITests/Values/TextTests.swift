import PluginAPI
import Testing

@Suite("Lengths and durations as text")
struct TextTests {
    @Test(
        "Length counts UTF-16 code units",
        arguments: [
            ("", 0), ("abc", 3), ("é", 1), ("e\u{301}", 2), ("€", 1), ("😀", 2), ("a😀b", 4), ("👩‍👩‍👧", 8),
            (String(repeating: "😀", count: 2_500), 5_000), (String(repeating: "x", count: 5_001), 5_001),
        ])
    func utf16(text: String, length: Int) {
        #expect(text.utf16Length == length)
        #expect(text.utf16Length == text.utf16.count)
        #expect(text[...].utf16Length == length)
    }

    @Test(
        "Durations are read and written with one unit",
        arguments: [
            ("250ms", Duration.milliseconds(250)), ("30s", .seconds(30)), ("5m", .seconds(300)),
            ("2h", .seconds(7_200)), ("1d", .seconds(86_400)), ("0s", .zero), ("1500ms", .milliseconds(1_500)),
            ("90s", .seconds(90)),
        ])
    func durations(text: String, duration: Duration) {
        #expect(DurationText.parse(text) == duration)
        #expect(DurationText.format(duration) == text)
    }

    @Test("The unit written is the largest that is exact")
    func largestUnit() {
        #expect(DurationText.format(.seconds(120)) == "2m")
        #expect(DurationText.format(.milliseconds(3_600_000)) == "1h")
        #expect(DurationText.format(.microseconds(1_500)) == "1ms")
    }

    @Test(
        "Amounts are added up and may have fractions",
        arguments: [
            ("1.5s", Duration.milliseconds(1_500)), ("5 s", .seconds(5)), ("1h30m", .seconds(5_400)),
            ("1m30s500ms", .milliseconds(90_500)), ("1.4ms", .milliseconds(1)),
        ])
    func sums(text: String, duration: Duration) {
        #expect(DurationText.parse(text) == duration)
    }

    @Test("A number without a unit is seconds where that is allowed, and nowhere else")
    func bareSeconds() {
        #expect(DurationText.parse("5", bareSeconds: true) == .seconds(5))
        #expect(DurationText.parse("0.5", bareSeconds: true) == .milliseconds(500))
        for text in ["-5", "-0", "1m30", "30 30", ""] {
            #expect(DurationText.parse(text, bareSeconds: true) == nil, "\(text)")
        }
    }

    @Test(
        "Anything else is no duration",
        arguments: [
            "", "5", "s", "-5", "-5s", "+5s", " 5s", "5s ", "5S", "5w", "1m30", "1 30s", "1..5s", "1e3s", ".", "inf",
            "nan", "99999999999999999999s", "9223372036854775807d", "٣s",
        ])
    func notDurations(text: String) {
        #expect(DurationText.parse(text) == nil)
    }

    @Test("Whole units are rounded towards zero and stop at the ends of the range")
    func wholeUnits() {
        #expect(Duration.microseconds(-1_500).wholeMilliseconds == -1)
        #expect(Duration.microseconds(1_500).wholeMilliseconds == 1)
        #expect(Duration.milliseconds(3).wholeNanoseconds == 3_000_000)
        #expect(Duration.seconds(Int64.max).wholeMilliseconds == .max)
        #expect(Duration.seconds(Int64.min).wholeNanoseconds == .min)
    }
}
