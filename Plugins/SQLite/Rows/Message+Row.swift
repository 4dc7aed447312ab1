import PluginAPI

extension Message {
    /// What ``init(row:from:in:of:)`` reads, for statements on one table.
    static let columns = "id, local_id, body, sender, status, sequence, created_at, delivered_at, read_at"
    /// The same where the table is called `m`.
    static let joinedColumns = """
        m.id, m.local_id, m.body, m.sender, m.status, m.sequence, m.created_at, m.delivered_at, m.read_at
        """

    /// How many columns that are: what follows them starts here.
    static let columnCount: CInt = 9

    init(row: SQLRow, from offset: CInt = 0, in conversation: ConversationID, of app: AppID) throws {
        self.init(
            id: row.id(offset),
            localID: row.id(offset + 1),
            conversation: conversation,
            app: app,
            body: row.text(offset + 2),
            sender: try row.word(offset + 3),
            status: try row.word(offset + 4),
            sequence: row.integer(offset + 5),
            createdAt: row.time(offset + 6),
            deliveredAt: row.optionalTime(offset + 7),
            readAt: row.optionalTime(offset + 8)
        )
    }

    init(row: SQLRow, in place: MessagePlace) throws {
        try self.init(row: row, in: place.conversation, of: place.app)
    }
}

extension MessageStatus {
    /// The statuses that may become this one, as a list for `IN (…)`.
    var sourcesInSQL: String {
        Self.allCases.filter { $0.mayBecome(self) }.map { "'\($0.rawValue)'" }.joined(separator: ", ")
    }
}
