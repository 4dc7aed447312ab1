/// One thing that a node tells the others.
enum ClusterRecord: Sendable {
    /// An event for the members of its topics.
    case event(ClusterPublication)
    /// A message that is to be read from the store.
    case messageReference(MessageReference)
    /// A conversation that is to be read from the store.
    case conversationReference(ConversationReference)
    /// A sign of life, with what was published since the last one that arrived.
    case heartbeat(Heartbeat)
}

extension ClusterRecord {
    /// An event as it travels; without its content if the broker is not to carry any.
    init(_ publication: ClusterPublication, carriesContent: Bool) {
        switch publication.event {
        case .messageCreated(let message, _) where !carriesContent:
            self = .messageReference(
                MessageReference(
                    conversation: message.conversation, app: message.app, sequence: message.sequence,
                    previous: publication.previousSequence))
        case .conversationUpdated(let conversation) where !carriesContent:
            self = .conversationReference(ConversationReference(conversation: conversation.id, app: conversation.app))
        default:
            self = .event(publication)
        }
    }
}

/// Where a stored message is found.
struct MessageReference: Sendable, Equatable {
    var conversation: ConversationID
    var app: AppID
    var sequence: Int64
    /// The number of the message before it, 0 if there is none; nil: not known.
    var previous: Int64?
}

/// Which conversation changed.
struct ConversationReference: Sendable, Equatable {
    var conversation: ConversationID
    var app: AppID
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
    case messageReference = 9
    case conversationReference = 10
    case conversationOpened = 11
    case heartbeat = 64
}
