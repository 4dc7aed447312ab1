/// One thing that a node tells the others.
enum ClusterRecord: Sendable {
    /// An event for the members of its topics.
    case event(ClusterPublication)
    /// A sign of life, with what was published since the last one that arrived.
    case heartbeat(Heartbeat)
}

/// Told by every node once a second, on one channel that all nodes hear.
struct Heartbeat: Sendable, Equatable {
    /// How far a conversation has come.
    struct Mark: Sendable, Equatable {
        var conversation: ConversationID
        var app: AppID
        /// The number of its newest message that the node published.
        var sequence: Int64
    }

    /// Counts the node's heartbeats, without a gap.
    var number: Int64
    /// Where a conversation stands whose message may not have come.
    var marks: [Mark] = []
    /// More was published than marks can say: look at everything.
    var isIncomplete = false
    /// The node stops; its silence will mean nothing.
    var isLast = false
}

/// What the records are called on the wire. A number never changes its meaning; readers skip those they do not know.
enum ClusterRecordKind: UInt8 {
    case messageCreated = 1
    case messageStatusChanged = 2
    case messagesRead = 3
    case typing = 4
    case conversationUpdated = 5
    case presenceChanged = 6
    case sessionConnected = 7
    case sessionDisconnected = 8
    case heartbeat = 64
}
