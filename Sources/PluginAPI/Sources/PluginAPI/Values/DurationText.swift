/// Durations as configuration files and command lines write them: `250ms`, `1.5s`, `30s`, `1m30s`, `2h`, `7d`.
public enum DurationText {
    private static let units: [(name: String, milliseconds: Int64)] = [
        ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1),
    ]

    /// One or more amounts with their units, added up; a bare number counts seconds. Rounded to milliseconds.
    ///
    /// - Returns: `nil` for a sign, an unknown unit, an exponent, or 2^53 ms and more.
    public static func parse(_ text: some StringProtocol) -> Duration? {
        var milliseconds = 0.0
        var rest = Substring(text)
        guard !rest.isEmpty else { return nil }
        // A bare number counts seconds only when it stands alone: "1m30" is more likely a slip than 90 seconds.
        if let seconds = Quantity.number(rest) {
            milliseconds = seconds * 1_000
            rest = ""
        }
        while !rest.isEmpty {
            guard let amount = Quantity(takenFrom: &rest), let unit = units.first(where: { $0.name == amount.unit })
            else { return nil }
            milliseconds += amount.number * Double(unit.milliseconds)
        }
        // 2^53: beyond it a Double no longer counts every millisecond.
        guard milliseconds >= 0, milliseconds < 9_007_199_254_740_992 else { return nil }
        return .milliseconds(Int64(milliseconds.rounded()))
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
