/// The cursors of the conversations that concern this node: those with members of their own, and those that are heard
/// through their app.
struct CursorTable: Sendable {
    /// What is known of an app with agents here.
    private struct Watch {
        /// A number up to which everything counts as delivered, except for what was under way when it was read; nil: not
        /// known.
        var floor: Int64?
        /// Up to which time everything counts as delivered of a conversation without a cursor; nil: not known, the floor
        /// must do.
        var horizon: Timestamp?
        /// When the look at the store began from which deliveries go on; nil: there was none.
        var lookedAt: NIODeadline?
        /// What was stored since the look is not compared with the store yet: what was under way may still be missing.
        var isSettling = false

        init(since look: ClusterCore.AppLook?) {
            guard let look else { return }
            floor = look.last.values.max() ?? 0
            horizon = look.horizon
            lookedAt = look.begunAt
            isSettling = true
        }
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
            let floor = floor(of: app)
            let start = lastSequence.map { min($0, floor ?? $0) }
            joined[conversation] =
                cursorFromHorizon(of: app, unlessDelivered: lastSequence)
                ?? ConversationCursor(app: app, delivered: start)
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
        watches[app] = Watch(since: look)
        // One by one, since a lower number may become visible after a higher one of another conversation.
        for (conversation, sequence) in look?.last ?? [:] where self[conversation] == nil {
            keep(ConversationCursor(app: app, delivered: sequence), of: conversation)
        }
    }

    /// What was stored between the look at the app and its subscription is known.
    mutating func settled(_ app: AppID) { watches[app]?.isSettling = false }

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

    /// Whether a message of a conversation without a cursor is one that agents here are to get.
    ///
    /// - Parameter createdAt: nil: not known. Then a message that was under way when the floor was read is not recognized;
    ///   a survey finds it.
    func isMissed(_ sequence: Int64, createdAt: Timestamp?, of app: AppID) -> Bool {
        guard let watch = watches[app], let floor = watch.floor else { return false }
        if let createdAt, let horizon = watch.horizon { return createdAt > horizon }
        return sequence > floor
    }

    /// Begins the cursor of a conversation of which a message came, if there is none.
    ///
    /// - Parameter previous: the number of the message before it; nil: not known.
    mutating func begin(
        _ conversation: ConversationID, app: AppID, sequence: Int64, previous: Int64? = nil, isJoined: Bool
    ) {
        guard self[conversation] == nil else { return }
        let floor = floor(of: app)
        let isAbove = floor.map { sequence > $0 } ?? false
        // Without a horizon a number below the floor is that of a message that was under way when the floor was read.
        let cursor =
            cursorFromHorizon(of: app, unlessDelivered: isAbove ? previous : nil)
            ?? ConversationCursor(
                app: app, delivered: isAbove ? floor : nil, horizon: watches[app].flatMap(\.horizon))
        if isJoined { joined[conversation] = cursor } else { keep(cursor, of: conversation) }
    }

    /// For a conversation of which agents here heard nothing yet; nil: the floor is good enough, or all there is.
    ///
    /// It is while the message before is known and not above it: nothing is to be read then. It is no proof while what was
    /// under way at the look may be missing, and says nothing of a number above it: the newest message that was visible
    /// may be in none of the conversations that were read.
    ///
    /// - Parameter last: the number of the message before; nil: not known.
    private func cursorFromHorizon(of app: AppID, unlessDelivered last: Int64?) -> ConversationCursor? {
        guard let watch = watches[app], let floor = watch.floor, let horizon = watch.horizon else { return nil }
        if !watch.isSettling, let last, last <= floor { return nil }
        return ConversationCursor(app: app, delivered: 0, horizon: horizon)
    }

    private mutating func keep(_ cursor: ConversationCursor, of conversation: ConversationID) {
        passing.append(cursor, for: conversation)
        guard passing.count > capacity, let (_, oldest) = passing.removeFirst() else { return }
        // What it delivered must not count as missed when its conversation speaks again.
        guard let delivered = oldest.delivered, delivered > 0 else { return }
        raiseFloor(of: oldest.app, to: delivered)
        watches[oldest.app]?.horizon = nil
    }
}
