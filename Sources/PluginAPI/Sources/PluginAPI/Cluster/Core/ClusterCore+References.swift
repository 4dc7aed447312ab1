// What the other nodes only refer to, where the broker carries no content.
extension ClusterCore {
    /// A message was stored that members here are to get: the store is read at once.
    mutating func accept(_ reference: MessageReference, at now: NIODeadline) {
        // Messages are numbered from 1; no other number is any store's.
        guard reference.sequence > 0 else { return }
        let conversation = reference.conversation
        let isJoined = interest[.conversation(conversation)] != nil
        guard isJoined || interest[.app(reference.app)] != nil else { return }
        cursors.begin(
            conversation, app: reference.app, sequence: reference.sequence, previous: reference.previous,
            isJoined: isJoined)
        change(conversation) { cursor in
            cursor.refer(to: reference.sequence, after: reference.previous, at: now)
            return []
        }
    }

    /// A conversation changed of which somebody here hears.
    mutating func accept(_ reference: ConversationReference, at now: NIODeadline) {
        guard interest[.conversation(reference.conversation)] != nil || interest[.app(reference.app)] != nil else {
            return
        }
        refreshes.add(reference.conversation, of: reference.app)
    }

    /// A conversation was read anew.
    mutating func refreshed(
        _ conversation: ConversationID,
        of app: AppID,
        _ outcome: RefreshOutcome,
        at now: NIODeadline
    ) {
        refreshes.finished(conversation, of: app, isRead: outcome.isRead, at: now)
        guard case .found(let found) = outcome else { return }
        effects.append(
            .deliver(
                ClusterPublication(
                    event: .conversationUpdated(found), topics: [.conversation(conversation), .app(app)])))
    }
}

// MARK: Order

extension ClusterCore {
    /// Whether an event waits for messages of its conversation that were referred to before it and are being read.
    mutating func mustFollow(_ publication: ClusterPublication) -> Bool {
        guard !traits.carriesContent, let conversation = publication.event.conversation,
            cursors[conversation]?.isBehindReference == true
        else { return false }
        return followers.add(publication, to: conversation)
    }

    /// What waited goes on once the messages before it are delivered, or given up.
    mutating func letFollow(_ conversation: ConversationID) {
        guard !followers.isEmpty, cursors[conversation]?.isBehindReference != true else { return }
        for publication in followers.take(conversation) { effects.append(.deliver(publication)) }
    }
}

/// What became of reading a conversation anew.
enum RefreshOutcome: Sendable {
    case found(Conversation)
    /// There is none any more.
    case gone
    case failed

    var isRead: Bool {
        if case .failed = self { false } else { true }
    }
}

extension DomainEvent {
    /// The conversation whose messages it must not overtake.
    fileprivate var conversation: ConversationID? {
        switch self {
        case .messageStatusChanged(let receipt): receipt.conversation
        case .messagesRead(let conversation, _, _, _): conversation
        case .typing(let typing): typing.conversation
        default: nil
        }
    }
}
