import PluginAPI

extension Device {
    static let columns = """
        app_id, device_id, user_id, platform, push_token_provider, push_token_updated_at, created_at, updated_at
        """

    init(row: SQLRow) throws {
        self.init(
            identity: DeviceIdentity(app: row.id(0), device: row.id(1)),
            userID: row.optionalID(2),
            platform: try row.word(3),
            pushTokenProvider: row.isNull(4) ? nil : try row.word(4),
            pushTokenUpdatedAt: row.optionalTime(5),
            createdAt: row.time(6),
            updatedAt: row.time(7)
        )
    }
}
