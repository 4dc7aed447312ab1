import PluginAPI

extension Device {
    /// What ``init(row:)`` reads, for statements where the table is called `d`.
    static let columns = """
        d.app_id, d.device_id, d.user_id, d.platform, d.push_token_provider, d.push_token_updated_at, d.created_at, \
        d.updated_at
        """

    init(row: SQLRow) throws {
        self.init(
            identity: DeviceIdentity(app: row.id(0), device: row.id(1)),
            userID: row.optionalID(2),
            platform: try row.word(3),
            pushTokenProvider: row.isNull(4) ? nil : try row.word(4),
            pushTokenUpdatedAt: try row.optionalTime(5),
            createdAt: try row.time(6),
            updatedAt: try row.time(7)
        )
    }
}
