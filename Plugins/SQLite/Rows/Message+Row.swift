import PluginAPI

extension Message {
    /// What ``init(row:from:)`` reads, for statements on one table.
    static let columns = """
        id, local_id, conversation_id, app_id, body, sender, status, sequence, created_at, delivered_at, read_at
        """
    /// The same where the table is called `m`.
    static let joinedColumns = """
        m.id, m.local_id, m.conversation_id, m.app_id, m.body, m.sender, m.status, m.sequence, m.created_at, \
        m.delivered_at, m.read_at
        """

    init(row: SQLRow, from offset: CInt = 0) throws {
        self.init(
            id: row.id(offset),
            localID: row.id(offset + 1),
            conversation: row.id(offset + 2),
            app: row.id(offset + 3),
            body: row.text(offset + 4),
            sender: try row.word(offset + 5),
            status: try row.word(offset + 6),
            sequence: row.integer(offset + 7),
            createdAt: row.time(offset + 8),
            deliveredAt: row.optionalTime(offset + 9),
            readAt: row.optionalTime(offset + 10)
        )
    }
}

extension MessageStatus {
    /// The statuses that may become this one, as a list for `IN (…)`.
    var sourcesInSQL: String {
        Self.allCases.filter { $0.mayBecome(self) }.map { "'\($0.rawValue)'" }.joined(separator: ", ")
    }
}
