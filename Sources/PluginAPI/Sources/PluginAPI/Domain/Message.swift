/// One message of a conversation (`data-model.md` 3).
public struct Message: Sendable, Hashable {
    public var id: MessageID
    public var localID: LocalMessageID
    public var conversation: ConversationID
    public var app: AppID
    /// At most 5,000 UTF-16 units.
    public var body: String
    public var sender: Sender
    public var status: MessageStatus
    /// Grows over all conversations; within one it equals the order of visibility.
    public var sequence: Int64
    public var createdAt: Timestamp
    public var deliveredAt: Timestamp?
    public var readAt: Timestamp?

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
        case user, agent, system
    }
}

/// How far a message has come. `QUEUED`, `SENDING` and `FAILED` are states of the sending client.
public enum MessageStatus: String, Sendable, CaseIterable {
    case queued = "QUEUED"
    case sending = "SENDING"
    case sent = "SENT"
    case delivered = "DELIVERED"
    case read = "READ"
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
