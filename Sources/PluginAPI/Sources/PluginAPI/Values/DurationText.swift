/// Durations as configuration files and command lines write them: `250ms`, `1.5s`, `30s`, `1m30s`, `2h`, `7d`.
public enum DurationText {
    private static let units: [(name: String, milliseconds: Int64)] = [
        ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1),
    ]

    /// One or more amounts, each with its unit, added up and rounded to milliseconds.
    ///
    /// - Parameter bareSeconds: whether a number without a unit counts seconds when it stands alone, as in configuration
    ///   files. Not on a command line: `--overlap 24` is more likely to mean hours.
    /// - Returns: `nil` for a sign, a missing or unknown unit, an exponent, or 2^53 ms and more.
    public static func parse(_ text: some StringProtocol, bareSeconds: Bool = false) -> Duration? {
        var milliseconds = 0.0
        var rest = Substring(text)
        guard !rest.isEmpty else { return nil }
        repeat {
            let isWhole = rest.count == text.count
            guard let amount = Quantity(takenFrom: &rest) else { return nil }
            if amount.unit.isEmpty, bareSeconds, isWhole, rest.isEmpty {
                milliseconds = amount.number * 1_000
            } else if let unit = units.first(where: { $0.name == amount.unit }) {
                milliseconds += amount.number * Double(unit.milliseconds)
            } else {
                return nil
            }
        } while !rest.isEmpty
        // 2^53: beyond it a Double no longer counts every millisecond.
        guard milliseconds < 9_007_199_254_740_992 else { return nil }
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
