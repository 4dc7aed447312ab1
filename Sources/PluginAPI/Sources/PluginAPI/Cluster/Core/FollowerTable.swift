/// Events that wait for messages of their conversation, in order.
struct FollowerTable: Sendable {
    /// How many wait for one conversation, and for all. What comes on top does not wait.
    static let mostPerConversation = 64
    static let capacity = 10_000

    private var publications: [ConversationID: [ClusterPublication]] = [:]
    private var count = 0

    var isEmpty: Bool { count == 0 }
    var conversations: [ConversationID] { Array(publications.keys) }

    /// False: too many wait.
    mutating func add(_ publication: ClusterPublication, to conversation: ConversationID) -> Bool {
        guard count < Self.capacity, publications[conversation]?.count ?? 0 < Self.mostPerConversation else {
            return false
        }
        publications[conversation, default: []].append(publication)
        count += 1
        return true
    }

    mutating func take(_ conversation: ConversationID) -> [ClusterPublication] {
        let taken = publications.removeValue(forKey: conversation) ?? []
        count -= taken.count
        return taken
    }
}
