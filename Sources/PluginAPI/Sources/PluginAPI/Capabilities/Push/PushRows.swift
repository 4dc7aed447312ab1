/// That a message's push is to be kept with it. Ignored for messages of users.
public struct PushIntent: Sendable, Hashable {
    /// When it may be sent at the earliest: until then the device has time to say that it got the message.
    public var due: Timestamp
    /// When it is no longer worth sending.
    public var expires: Timestamp

    /// Makes an intent.
    public init(due: Timestamp, expires: Timestamp) {
        self.due = due
        self.expires = expires
    }
}

/// Names one claim, so that a holder whose lease ran out cannot speak for the next one.
public enum PushClaimant {}
/// The name of one claim.
public typealias PushLease = Identifier<PushClaimant>

/// What somebody who sends pushes takes.
public struct PushClaim: Sendable {
    /// Names the claim; unique.
    public var lease: PushLease
    /// When the rows are anybody's again.
    public var until: Timestamp
    /// The most rows; at least 1.
    public var limit: Int
    /// Now.
    public var at: Timestamp
    /// Only this app's; nil: all.
    public var app: AppID?

    /// Makes a claim.
    public init(lease: PushLease, until: Timestamp, limit: Int, at: Timestamp, app: AppID? = nil) {
        self.lease = lease
        self.until = until
        self.limit = limit
        self.at = at
        self.app = app
    }
}

/// Why a push that could have left waits.
public enum PushHold: String, Sendable, CaseIterable {
    /// The device is connected and has not said that it has the message.
    case online
    /// The app sends none at this hour.
    case quiet
    /// The device got as many as the app allows.
    case cap
    /// The provider did not take it.
    case retry
}

/// A row that was claimed, with all that deciding and sending need.
public struct WaitingPush: Sendable, Hashable {
    /// What is known of the message itself.
    public struct Content: Sendable, Hashable {
        /// Who wrote it.
        public var sender: Message.Sender
        /// The beginning of its text: at least the first 1,000 characters if it has as many.
        public var body: String
        /// How far it has come.
        public var status: MessageStatus

        /// Makes a content.
        public init(sender: Message.Sender, body: String, status: MessageStatus) {
            self.sender = sender
            self.body = body
            self.status = status
        }
    }

    /// The message.
    public var message: MessageID
    /// Its conversation.
    public var conversation: ConversationID
    /// Whose phone is to be told.
    public var device: DeviceIdentity
    /// When the message was stored.
    public var createdAt: Timestamp
    /// When it is no longer worth sending.
    public var expiresAt: Timestamp
    /// How often a provider refused it so that it was to be tried again.
    public var attempts: Int
    /// When the first of them was.
    public var firstAttemptAt: Timestamp?
    /// Why it waited last.
    public var hold: PushHold?
    /// Nil: the message is gone.
    public var content: Content?
    /// Where the device can be reached; nil: it registered nothing.
    public var token: PushToken?

    /// Makes a row.
    public init(
        message: MessageID,
        conversation: ConversationID,
        device: DeviceIdentity,
        createdAt: Timestamp,
        expiresAt: Timestamp,
        attempts: Int = 0,
        firstAttemptAt: Timestamp? = nil,
        hold: PushHold? = nil,
        content: Content?,
        token: PushToken?
    ) {
        self.message = message
        self.conversation = conversation
        self.device = device
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.attempts = attempts
        self.firstAttemptAt = firstAttemptAt
        self.hold = hold
        self.content = content
        self.token = token
    }
}

/// What became of a claimed row.
public struct PushResult: Sendable, Hashable {
    /// The two ways a claim ends.
    public enum Fate: Sendable, Hashable {
        /// Nothing more is to be done.
        case settled(PushState)
        /// It waits again. One that was an attempt counts as such.
        case again(due: Timestamp, hold: PushHold?, isAttempt: Bool)
    }

    /// The row's message.
    public var message: MessageID
    /// What became of it.
    public var fate: Fate
    /// A few words for people: the provider's id or its answer, or the reason.
    public var detail: String?

    /// Makes a result.
    public init(_ message: MessageID, _ fate: Fate, detail: String? = nil) {
        self.message = message
        self.fate = fate
        self.detail = detail
    }
}

/// Where a push stands; the raw values are those of the store.
public enum PushState: String, Sendable, CaseIterable {
    /// It is still to be sent.
    case waiting
    /// The provider took it.
    case sent
    /// Another push to the device spoke for it.
    case merged
    /// There was no need or no way to send it: the device was online, has no token, the app wants none.
    case cancelled
    /// It could not be sent.
    case failed
}

/// What is known of a message's push.
public struct PushRecord: Sendable, Hashable {
    /// The message.
    public var message: MessageID
    /// Whose phone.
    public var device: DeviceIdentity
    /// Where it stands.
    public var state: PushState
    /// When the message was stored, and the push with it.
    public var createdAt: Timestamp
    /// When it is looked at next; nil once settled.
    public var dueAt: Timestamp?
    /// When it was settled.
    public var settledAt: Timestamp?
    /// How often a provider refused it so that it was to be tried again.
    public var attempts: Int
    /// Why it waits.
    public var hold: PushHold?
    /// The provider's id or answer, or the reason, in a few words.
    public var detail: String?

    /// Makes a record.
    public init(
        message: MessageID,
        device: DeviceIdentity,
        state: PushState,
        createdAt: Timestamp,
        dueAt: Timestamp?,
        settledAt: Timestamp?,
        attempts: Int,
        hold: PushHold?,
        detail: String?
    ) {
        self.message = message
        self.device = device
        self.state = state
        self.createdAt = createdAt
        self.dueAt = dueAt
        self.settledAt = settledAt
        self.attempts = attempts
        self.hold = hold
        self.detail = detail
    }
}

/// What waits in an outbox.
public struct PushBacklog: Sendable, Hashable {
    /// How many rows wait, counted up to the limit that was asked for.
    public var waiting: Int
    /// When the oldest of those due first was stored; nil: nothing waits.
    public var oldest: Timestamp?
    /// When the next row is due; nil: nothing waits.
    public var nextDue: Timestamp?

    /// Makes a backlog.
    public init(waiting: Int, oldest: Timestamp? = nil, nextDue: Timestamp? = nil) {
        self.waiting = waiting
        self.oldest = oldest
        self.nextDue = nextDue
    }
}
