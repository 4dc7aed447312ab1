/// Conversations that changed on other nodes and are to be read anew: each once however often it changed meanwhile, and
/// never twice at the same time, so that what is read last is the newest.
struct RefreshQueue: Sendable {
    /// How many wait; of more the oldest are given up.
    static let capacity = 20_000
    /// How many are read at once.
    static let mostReads = 8
    /// After a read that failed.
    static let pause = TimeAmount.seconds(1)

    private var waiting = ArrivalTable<ConversationID, AppID>()
    private var underWay: Set<ConversationID> = []
    private var pausedUntil: NIODeadline?

    var isReading: Bool { !underWay.isEmpty }

    /// When ``next(at:)`` has something that it has not now; nil: when something is added or finished.
    var due: NIODeadline? { waiting.isEmpty ? nil : pausedUntil }

    mutating func add(_ conversation: ConversationID, of app: AppID) {
        waiting.append(app, for: conversation)
        if waiting.count > Self.capacity { waiting.removeFirst() }
    }

    /// The next to read, if one may be read now.
    mutating func next(at now: NIODeadline) -> (ConversationID, AppID)? {
        if let pausedUntil {
            guard pausedUntil <= now else { return nil }
            self.pausedUntil = nil
        }
        guard underWay.count < Self.mostReads, let (conversation, app) = waiting.first else { return nil }
        // One that is being read already waits, and those behind it with it, until that read ends.
        guard underWay.insert(conversation).inserted else { return nil }
        waiting.removeFirst()
        return (conversation, app)
    }

    mutating func finished(_ conversation: ConversationID, of app: AppID, isRead: Bool, at now: NIODeadline) {
        underWay.remove(conversation)
        guard !isRead else { return }
        if waiting[conversation] == nil { add(conversation, of: app) }
        pausedUntil = now + Self.pause
    }
}
