/// One message of a conversation (`data-model.md` 3).
public struct Message: Sendable, Hashable {
    /// The message's id.
    public var id: MessageID
    /// The writer's own id, under which a repeated send finds it.
    public var localID: LocalMessageID
    /// Where it was written.
    public var conversation: ConversationID
    /// The conversation's app.
    public var app: AppID
    /// At most 5,000 UTF-16 units.
    public var body: String
    /// Who wrote it.
    public var sender: Sender
    /// How far it has come.
    public var status: MessageStatus
    /// Grows over all conversations; within one it equals the order of visibility.
    public var sequence: Int64
    /// When the server took it.
    public var createdAt: Timestamp
    /// When it reached the other side; nil: not yet.
    public var deliveredAt: Timestamp?
    /// When it was read; nil: not yet.
    public var readAt: Timestamp?

    /// Makes a message.
    public init(
        id: MessageID,
        localID: LocalMessageID,
        conversation: ConversationID,
        app: AppID,
        body: String,
        sender: Sender,
        status: MessageStatus,
        sequence: Int64,
        createdAt: Timestamp,
        deliveredAt: Timestamp? = nil,
        readAt: Timestamp? = nil
    ) {
        self.id = id
        self.localID = localID
        self.conversation = conversation
        self.app = app
        self.body = body
        self.sender = sender
        self.status = status
        self.sequence = sequence
        self.createdAt = createdAt
        self.deliveredAt = deliveredAt
        self.readAt = readAt
    }

    /// The longest body, in UTF-16 units.
    public static let bodyLimit = 5000

    /// Who wrote a message; the raw values are those of the wire and the store.
    public enum Sender: String, Sendable, CaseIterable {
        /// The word on the wire and in rows.
        case user, agent, system
    }
}

/// How far a message has come. `QUEUED`, `SENDING` and `FAILED` are states of the sending client.
public enum MessageStatus: String, Sendable, CaseIterable {
    /// Only in clients: waits to be sent.
    case queued = "QUEUED"
    /// Only in clients: on its way.
    case sending = "SENDING"
    /// The server has it.
    case sent = "SENT"
    /// It reached the other side.
    case delivered = "DELIVERED"
    /// It was read.
    case read = "READ"
    /// Only in clients: given up.
    case failed = "FAILED"

    /// Whether a message may go from this status to another (`data-model.md` 3, the recommended table).
    public func mayBecome(_ next: MessageStatus) -> Bool {
        switch (self, next) {
        case (.queued, .sent), (.queued, .delivered), (.queued, .read), (.queued, .failed): true
        case (.sending, .sent), (.sending, .delivered), (.sending, .read), (.sending, .failed): true
        case (.sent, .delivered), (.sent, .read), (.delivered, .read), (.failed, .sent): true
        default: false
        }
    }
}
