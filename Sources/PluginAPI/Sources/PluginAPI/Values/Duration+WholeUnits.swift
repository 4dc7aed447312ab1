extension Duration {
    /// The duration in milliseconds, rounded towards zero; stops at the ends of the range.
    public var wholeMilliseconds: Int64 {
        whole(unitsPerSecond: 1_000, attosecondsPerUnit: 1_000_000_000_000_000)
    }

    /// The duration in nanoseconds, rounded towards zero; stops at the ends of the range.
    public var wholeNanoseconds: Int64 {
        whole(unitsPerSecond: 1_000_000_000, attosecondsPerUnit: 1_000_000_000)
    }

    private func whole(unitsPerSecond: Int64, attosecondsPerUnit: Int64) -> Int64 {
        let (seconds, attoseconds) = components
        let limit: Int64 = seconds < 0 ? .min : .max
        let (units, tooMany) = seconds.multipliedReportingOverflow(by: unitsPerSecond)
        if tooMany { return limit }
        let (sum, tooFar) = units.addingReportingOverflow(attoseconds / attosecondsPerUnit)
        return tooFar ? limit : sum
    }
}
