extension Timestamp {
    private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// The instant as HTTP writes it: `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, section 5.6.7). Instants outside the
    /// years 0 ... 9999 are written as the nearest one inside.
    public var httpDate: String {
        let days = CivilDate.floorDivide(writableMilliseconds, Self.millisecondsPerDay)
        let date = CivilDate(daysSinceEpoch: days)
        let seconds = (writableMilliseconds - days * Self.millisecondsPerDay) / 1_000
        let clock = [seconds / 3_600, seconds / 60 % 60, seconds % 60].map { Self.digits($0, 2) }
        return "\(Self.weekdays[date.weekday]), \(Self.digits(date.day, 2)) \(Self.months[Int(date.month) - 1]) "
            + "\(Self.digits(date.year, 4)) \(clock.joined(separator: ":")) GMT"
    }

    private static func digits(_ value: Int64, _ count: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, count - text.utf8.count)) + text
    }
}
