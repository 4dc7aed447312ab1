import PluginAPI

/// An instant as HTTP writes it (RFC 9110, section 5.6.7): `Mon, 01 Mar 2027 00:00:00 GMT`.
enum HTTPDateText {
    private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// For years 1 to 9999; other instants have no such form and are written as ISO 8601.
    static func format(_ instant: Timestamp) -> String {
        let text = instant.iso8601
        let parts = text.prefix(10).split(separator: "-")
        guard text.utf8.count == 24, parts.count == 3, let month = Int(parts[1]), months.indices.contains(month - 1)
        else { return text }
        // 1970-01-01 was a Thursday.
        let day = ((TransportUse.day(of: instant) % 7) + 7) % 7
        let time = text.dropFirst(11).prefix(8)
        return "\(days[Int(day)]), \(parts[2]) \(months[month - 1]) \(parts[0]) \(time) GMT"
    }
}
