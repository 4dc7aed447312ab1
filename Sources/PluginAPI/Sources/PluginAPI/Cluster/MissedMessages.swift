/// Where a cluster reads what a node missed.
protocol MissedMessages: Sendable {
    /// Messages of a conversation behind a number, in order; a conversation that is gone has none.
    func page(of conversation: ConversationID, of app: AppID, after sequence: Int64) async throws
        -> ConversationCursor.Page

    /// A conversation as it is; nil: it is gone.
    func conversation(_ id: ConversationID, of app: AppID) async throws -> Conversation?

    /// The app's conversations, latest changes first, those that changed since then; nil: only the newest few.
    func survey(_ app: AppID, since: Timestamp?, after cursor: PageCursor?) async throws -> SurveyPage
}

/// Reads what was missed from the store that all nodes share.
struct StoredMessages: MissedMessages {
    /// Messages of one read.
    private static let messagePage = 200
    /// Conversations of one page of a survey.
    private static let surveyPage = 200
    /// Conversations among which an app's newest message is looked for: one that changed last may have none.
    private static let newest = 50

    let store: any Store

    func page(of conversation: ConversationID, of app: AppID, after sequence: Int64) async throws
        -> ConversationCursor.Page
    {
        let scope = ConversationScope.app(app)
        let found = try await store.messages(
            of: conversation, in: scope, afterSequence: sequence, limit: Self.messagePage)
        guard let found, !found.messages.isEmpty else { return ConversationCursor.Page(messages: [], hasMore: false) }
        let head = try await store.conversation(conversation, in: scope)
        return ConversationCursor.Page(
            messages: found.messages, hasMore: found.hasMore, conversation: head?.conversation)
    }

    func conversation(_ id: ConversationID, of app: AppID) async throws -> Conversation? {
        try await store.conversation(id, in: .app(app))?.conversation
    }

    func survey(_ app: AppID, since: Timestamp?, after cursor: PageCursor?) async throws -> SurveyPage {
        let limit = since == nil ? Self.newest : Self.surveyPage
        let rows = try await store.conversationRows(of: app, after: cursor, limit: limit)
        var page = SurveyPage(rows: rows)
        if let since, rows.count == limit, let last = rows.last?.conversation, last.updatedAt >= since {
            page.next = PageCursor(at: last.updatedAt, id: last.id.rawValue)
        }
        return page
    }
}
