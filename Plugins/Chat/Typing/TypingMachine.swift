import PluginAPI

/// Who types where (`socketio.md` 9). A value: the time is an argument, and what is to be published is the result.
///
/// A start is reported once and refreshed in silence; its end is reported once, whatever brings it about: a stop, a
/// message of its side, the connection leaving, or no refresh in time.
struct TypingMachine: Sendable {
    /// What others shall hear; not the connection itself.
    struct Change: Sendable, Equatable {
        var typing: Typing
        var connection: ConnectionID
    }

    private struct Typist: Hashable {
        var conversation: ConversationID
        var connection: ConnectionID
    }

    private struct Entry {
        var typing: Typing
        var endsAt: NIODeadline
    }

    /// In the order of their ends, since all have the same time limit.
    private var typists = ArrivalTable<Typist, Entry>()
    private var connections: [ConversationID: [ConnectionID]] = [:]
    private let timeout: TimeAmount
    private let capacity: Int

    /// - Parameter capacity: how many may type at once; starts beyond it are not reported.
    init(timeout: Duration, capacity: Int) {
        self.timeout = TimeAmount(timeout)
        self.capacity = capacity
    }

    var count: Int { typists.count }

    /// When the next one ends by itself.
    var nextEnd: NIODeadline? { typists.first?.value.endsAt }

    mutating func start(_ typing: Typing, by connection: ConnectionID, at now: NIODeadline) -> Change? {
        let typist = Typist(conversation: typing.conversation, connection: connection)
        if let entry = typists[typist] {
            typists.append(Entry(typing: entry.typing, endsAt: now + timeout), for: typist)
            return nil
        }
        guard typists.count < capacity else { return nil }
        var typing = typing
        typing.isTyping = true
        typists.append(Entry(typing: typing, endsAt: now + timeout), for: typist)
        connections[typing.conversation, default: []].append(connection)
        return Change(typing: typing, connection: connection)
    }

    mutating func stop(_ conversation: ConversationID, by connection: ConnectionID) -> Change? {
        end(Typist(conversation: conversation, connection: connection))
    }

    /// Ends what the side of a sender types in a conversation.
    mutating func messageSent(by sender: Message.Sender, in conversation: ConversationID) -> [Change] {
        guard let connections = connections[conversation] else { return [] }
        return connections.compactMap { connection in
            let typist = Typist(conversation: conversation, connection: connection)
            return typists[typist]?.typing.side.speaks(as: sender) == true ? end(typist) : nil
        }
    }

    /// Ends what was not refreshed in time.
    mutating func expire(at now: NIODeadline) -> [Change] {
        var changes: [Change] = []
        while let (typist, entry) = typists.first, entry.endsAt <= now {
            if let change = end(typist) { changes.append(change) }
        }
        return changes
    }

    private mutating func end(_ typist: Typist) -> Change? {
        guard var typing = typists.removeValue(for: typist)?.typing else { return nil }
        connections[typist.conversation]?.removeAll { $0 == typist.connection }
        if connections[typist.conversation]?.isEmpty == true { connections[typist.conversation] = nil }
        typing.isTyping = false
        return Change(typing: typing, connection: typist.connection)
    }
}

extension Typing.Side {
    fileprivate func speaks(as sender: Message.Sender) -> Bool {
        switch (self, sender) {
        case (.user, .user), (.agent, .agent): true
        default: false
        }
    }
}
