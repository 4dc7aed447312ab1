import PluginAPI

extension UserRow {
    /// For the columns of `Statement.userRows`: the person, then its newest message, if any.
    init(row: SQLRow) throws {
        guard let names = try? JSONValue(parsing: row.bytes(5)).arrayValue else {
            throw row.unreadable(5, "not a JSON array")
        }
        let ids = names.compactMap(\.stringValue).map { DeviceID($0) }
        self.init(
            key: row.isNull(0) ? .device(row.id(1)) : .user(row.id(0)),
            deviceIDs: ids.sorted(),
            conversationCount: Int(try row.integer(2)),
            primaryConversation: row.id(6),
            lastMessage: row.isNull(8) ? nil : try Message(row: row, from: 8),
            lastSeenAt: try row.time(3),
            createdAt: try row.time(4),
            name: row.isNull(7) ? nil : row.storedText(7)
        )
    }
}
