/// The cursors of the conversations that concern this node: those with members of their own, and those that are heard
/// through their app.
struct CursorTable: Sendable {
    /// What is known of an app with agents here.
    private struct Watch {
        /// Up to which number everything counts as delivered; nil: not known.
        var floor: Int64?
        /// When the look at the store began from which deliveries go on; nil: there was none.
        var lookedAt: NIODeadline?
    }

    private let capacity: Int
    private var joined: [ConversationID: ConversationCursor] = [:]
    private var passing = ArrivalTable<ConversationID, ConversationCursor>()
    private var watches: [AppID: Watch] = [:]

    /// - Parameter capacity: how many conversations are remembered that are heard through their app alone.
    init(capacity: Int = 20_000) {
        self.capacity = capacity
    }

    var count: Int { joined.count + passing.count }
    var joinedConversations: Dictionary<ConversationID, ConversationCursor>.Keys { joined.keys }
    var watchedApps: [AppID] { Array(watches.keys) }

    subscript(conversation: ConversationID) -> ConversationCursor? { joined[conversation] ?? passing[conversation] }

    func isWatched(_ app: AppID) -> Bool { watches[app] != nil }

    /// Changes the cursor of a conversation; nil if there is none.
    mutating func change<Answer>(
        _ conversation: ConversationID,
        _ change: (inout ConversationCursor) -> Answer
    ) -> Answer? {
        if let index = joined.index(forKey: conversation) { return change(&joined.values[index]) }
        guard var cursor = passing[conversation] else { return nil }
        let answer = change(&cursor)
        keep(cursor, of: conversation)
        return answer
    }
}

// MARK: Conversations with members of their own

extension CursorTable {
    /// The first member came. What it was told of the conversation is where deliveries begin; if agents hear the
    /// conversation too, where theirs stopped.
    ///
    /// - Parameters:
    ///   - app: nil: nobody looked at the conversation before joining; its cursor begins with its first message.
    ///   - lastSequence: the newest message's number when the member looked.
    mutating func join(_ conversation: ConversationID, app: AppID?, lastSequence: Int64?) {
        guard joined[conversation] == nil else { return }
        if let cursor = passing.removeValue(for: conversation) {
            joined[conversation] = cursor
        } else if let app {
            let floor = watches[app].flatMap(\.floor)
            let start = lastSequence.map { min($0, floor ?? $0) }
            joined[conversation] = ConversationCursor(app: app, delivered: start)
        }
    }

    /// The last member left.
    mutating func leave(_ conversation: ConversationID) {
        guard let cursor = joined.removeValue(forKey: conversation), isWatched(cursor.app) else { return }
        keep(cursor, of: conversation)
    }
}

// MARK: Conversations heard through their app

extension CursorTable {
    /// The first who listens to the app came.
    ///
    /// - Parameter look: what was known before, from which deliveries go on; nil: deliveries begin with what comes.
    mutating func watch(_ app: AppID, since look: ClusterCore.AppLook? = nil) {
        guard watches[app] == nil else { return }
        watches[app] = Watch(floor: look.map { $0.last.values.max() ?? 0 }, lookedAt: look?.begunAt)
        // One by one, since a lower number may become visible after a higher one of another conversation.
        for (conversation, sequence) in look?.last ?? [:] where self[conversation] == nil {
            keep(ConversationCursor(app: app, delivered: sequence), of: conversation)
        }
    }

    /// When the look began from which deliveries of an app go on.
    func lookedAt(_ app: AppID) -> NIODeadline? { watches[app].flatMap(\.lookedAt) }

    mutating func unwatch(_ app: AppID) {
        guard watches.removeValue(forKey: app) != nil else { return }
        passing.removeAll { _, cursor in cursor.app == app }
    }

    func floor(of app: AppID) -> Int64? { watches[app].flatMap(\.floor) }

    /// Everything of the app up to a number counts as delivered here.
    mutating func raiseFloor(of app: AppID, to sequence: Int64) {
        guard let watch = watches[app] else { return }
        watches[app]?.floor = max(watch.floor ?? sequence, sequence)
    }

    /// Begins the cursor of a conversation of which a message came, if there is none.
    ///
    /// A number below the floor is that of a message that was under way when the floor was set: it begins its own cursor.
    mutating func begin(_ conversation: ConversationID, app: AppID, sequence: Int64, isJoined: Bool) {
        guard self[conversation] == nil else { return }
        let floor = floor(of: app).flatMap { sequence > $0 ? $0 : nil }
        let cursor = ConversationCursor(app: app, delivered: floor)
        if isJoined { joined[conversation] = cursor } else { keep(cursor, of: conversation) }
    }

    private mutating func keep(_ cursor: ConversationCursor, of conversation: ConversationID) {
        passing.append(cursor, for: conversation)
        guard passing.count > capacity, let (_, oldest) = passing.removeFirst() else { return }
        // What it delivered must not count as missed when its conversation speaks again.
        if let delivered = oldest.delivered { raiseFloor(of: oldest.app, to: delivered) }
    }
}
