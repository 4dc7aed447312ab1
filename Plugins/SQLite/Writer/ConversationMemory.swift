import PluginAPI

/// Conversations as the writer knows them, so that a message costs no look at its conversation's row.
///
/// Right because all changes pass there: an append keeps it up to date, a write of another kind empties it unless it
/// leaves conversations alone, and so does a batch that is taken back or another process's commit.
final class ConversationMemory: @unchecked Sendable {  // Touched on the writer's queue only.
    /// Beyond it the one that was used least lately goes. Metadata may have tens of kilobytes.
    static let capacity = 512

    private var known = ArrivalTable<ConversationID, StoredConversation>()
    private var dataVersion: Int64?

    subscript(id: ConversationID) -> StoredConversation? { known[id] }

    func remember(_ stored: StoredConversation) {
        known.append(stored, for: stored.conversation.id)
        if known.count > Self.capacity { known.removeFirst() }
    }

    func removeAll() {
        if !known.isEmpty { known = ArrivalTable() }
    }

    /// Notices what other processes have committed. Call it inside the transaction: afterwards they cannot.
    func lookAround(_ connection: Connection) throws {
        let version = try connection.first("PRAGMA data_version") { $0.integer(0) }
        if version != dataVersion { removeAll() }
        dataVersion = version
    }
}
