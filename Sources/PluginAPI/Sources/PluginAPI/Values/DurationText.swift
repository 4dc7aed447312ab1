/// Durations as configuration files write them: a whole number and one unit, such as `250ms`, `30s`, `5m`, `2h`, `1d`.
public enum DurationText {
    private static let units: [(name: String, milliseconds: Int64)] = [
        ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1),
    ]

    /// The duration; nil for a sign, a fraction, white space, a missing or unknown unit, or a number too large.
    public static func parse(_ text: some StringProtocol) -> Duration? {
        let digits = text.utf8.prefix(while: \.isASCIIDigit)
        let name = text[digits.endIndex...]
        guard !digits.isEmpty, let count = Int64(text[..<digits.endIndex]),
            let unit = units.first(where: { $0.name == name })
        else { return nil }
        let (milliseconds, overflow) = count.multipliedReportingOverflow(by: unit.milliseconds)
        return overflow ? nil : .milliseconds(milliseconds)
    }

    /// The shortest text with one unit that says the duration exactly; parts of a millisecond are dropped.
    public static func format(_ duration: Duration) -> String {
        let milliseconds = duration.wholeMilliseconds
        guard milliseconds != 0 else { return "0s" }
        for unit in units where milliseconds.isMultiple(of: unit.milliseconds) {
            return "\(milliseconds / unit.milliseconds)\(unit.name)"
        }
        return "\(milliseconds)ms"
    }
}
