extension SettingText {
    /// The shortest exact way to write a duration: `250ms`, `75s`, `15m`, `1h`, `7d`.
    static func text(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        if attoseconds != 0 {
            let milliseconds = attoseconds / 1_000_000_000_000_000
            let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1000)
            return overflow ? "\(seconds)s" : "\(whole + milliseconds)ms"
        }
        if seconds != 0, seconds % 86_400 == 0 { return "\(seconds / 86_400)d" }
        if seconds != 0, seconds % 3600 == 0 { return "\(seconds / 3600)h" }
        if seconds != 0, seconds % 60 == 0 { return "\(seconds / 60)m" }
        return "\(seconds)s"
    }

    /// The shortest exact way to write a number of bytes: `100kB`, `1MB`, `1000`.
    static func text(byteCount: Int) -> String {
        for (unit, factor) in [("GB", 1_073_741_824), ("MB", 1_048_576), ("kB", 1024)]
        where byteCount != 0 && byteCount % factor == 0 {
            return "\(byteCount / factor)\(unit)"
        }
        return String(byteCount)
    }

    /// ` from 1 to 64`; one-sided when the other end is only the type's own.
    static func bounds<Value: Comparable>(
        _ range: ClosedRange<Value>?, limits: ClosedRange<Value>, write: (Value) -> String
    ) -> String {
        guard let range else { return "" }
        switch (range.lowerBound <= limits.lowerBound, range.upperBound >= limits.upperBound) {
        case (true, true): return ""
        case (false, true): return " of at least \(write(range.lowerBound))"
        case (true, false): return " of at most \(write(range.upperBound))"
        case (false, false): return " from \(write(range.lowerBound)) to \(write(range.upperBound))"
        }
    }
}

extension Duration {
    /// More than any setting means: the widest upper bound that counts as "no bound".
    static let longestSetting = Duration.milliseconds(9_007_199_254_740_992)
}
