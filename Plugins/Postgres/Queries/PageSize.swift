import PluginAPI

/// The bounds of every list.
enum PageSize {
    static let most = 1_000

    static func clamp(_ limit: Int) -> Int { min(max(limit, 1), most) }
}

extension SQLValue {
    /// Where a page by time starts. Instants that PostgreSQL has no date for are beyond every row.
    static func bound(_ time: Timestamp) -> SQLValue {
        .time(min(max(time, earliest), latest))
    }

    /// 0001-01-01 and 9999-12-31.
    private static let earliest = Timestamp(milliseconds: -62_135_596_800_000)
    private static let latest = Timestamp(milliseconds: 253_402_214_400_000)
}
