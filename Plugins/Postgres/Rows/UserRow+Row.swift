import PluginAPI

extension UserRow {
    /// For the columns of `Statement.userRows`: the person, then its newest message, if any.
    init(row: SQLRow) throws {
        self.init(
            key: row.isNull(0) ? .device(row.id(1)) : .user(row.id(0)),
            deviceIDs: try row.deviceIDs(5),
            conversationCount: Int(try row.integer(2)),
            primaryConversation: row.id(6),
            lastMessage: row.isNull(8) ? nil : try Message(row: row, from: 8),
            lastSeenAt: try row.time(3),
            createdAt: try row.time(4),
            name: row.isNull(7) ? nil : row.storedText(7)
        )
    }
}

extension SQLRow {
    /// A JSON array of ids of devices, in their order.
    func deviceIDs(_ column: CInt) throws -> [DeviceID] {
        guard let names = try? JSONValue(parsing: bytes(column)).arrayValue else {
            throw unreadable(column, "not a JSON array")
        }
        return names.compactMap(\.stringValue).map { DeviceID($0) }.sorted()
    }
}
