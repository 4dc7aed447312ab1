import PluginAPI

/// The joins of an agent's socket that are under way. A leave that comes meanwhile wins over them.
struct PendingJoins: Sendable {
    private var count: UInt64 = 0
    private var wanted: [UInt64: ConversationID] = [:]

    /// - Returns: the join's number, for ``isWanted(_:)`` and ``end(_:)``.
    mutating func begin(_ conversation: ConversationID) -> UInt64 {
        count += 1
        wanted[count] = conversation
        return count
    }

    /// The peer leaves: joins of that conversation that are under way are not wanted any more.
    mutating func leave(_ conversation: ConversationID) {
        wanted = wanted.filter { $0.value != conversation }
    }

    /// False: the peer has left meanwhile.
    func isWanted(_ join: UInt64) -> Bool { wanted[join] != nil }

    /// Whether the conversation is wanted by any that is under way.
    func contains(_ conversation: ConversationID) -> Bool { wanted.values.contains(conversation) }

    mutating func end(_ join: UInt64) {
        wanted[join] = nil
    }
}
