import PluginAPI

extension Message {
    /// What ``init(row:from:)`` reads, for statements where the table is called `m`.
    static let columns = """
        m.id, m.local_id, m.conversation_id, m.app_id, m.body, m.sender, m.status, m.sequence, m.created_at, \
        m.delivered_at, m.read_at
        """
    /// How many columns that are: what follows them starts here.
    static let columnCount: CInt = 11

    init(row: SQLRow, from offset: CInt = 0) throws {
        self.init(
            id: row.id(offset),
            localID: row.id(offset + 1),
            conversation: row.id(offset + 2),
            app: row.id(offset + 3),
            body: row.storedText(offset + 4),
            sender: try row.word(offset + 5),
            status: try row.word(offset + 6),
            sequence: try row.integer(offset + 7),
            createdAt: try row.time(offset + 8),
            deliveredAt: try row.optionalTime(offset + 9),
            readAt: try row.optionalTime(offset + 10)
        )
    }
}

extension MessageStatus {
    /// The statuses that may become this one, as a list for `IN (…)`.
    var sourcesInSQL: String {
        Self.allCases.filter { $0.mayBecome(self) }.map { "'\($0.rawValue)'" }.joined(separator: ", ")
    }

    /// The same as a value to bind.
    var sources: [String] { Self.allCases.filter { $0.mayBecome(self) }.map(\.rawValue) }
}
