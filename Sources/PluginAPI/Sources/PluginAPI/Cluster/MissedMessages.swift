/// Where a cluster reads what a node missed.
protocol MissedMessages: Sendable {
    /// Messages of a conversation behind a number, in order; a conversation that is gone has none.
    func page(of conversation: ConversationID, of app: AppID, after sequence: Int64) async throws
        -> ConversationCursor.Page

    /// The same of what was created after an instant.
    func page(of conversation: ConversationID, of app: AppID, createdAfter time: Timestamp) async throws
        -> ConversationCursor.Page

    /// A conversation as it is; nil: it is gone.
    func conversation(_ id: ConversationID, of app: AppID) async throws -> Conversation?

    /// The app's conversations as they are at one instant, latest changes first: those that changed since then, as far
    /// as one read can tell, and a few more. Where older ones begin if there are any.
    func look(at app: AppID, backTo time: Timestamp) async throws -> SurveyPage

    /// A page of the app's conversations, latest changes first, those that changed since then.
    func survey(_ app: AppID, since: Timestamp, after cursor: PageCursor?) async throws -> SurveyPage
}

/// Reads what was missed from the store that all nodes share.
struct StoredMessages: MissedMessages {
    /// Messages of one read.
    private static let messagePage = 200
    /// Conversations of one page of a survey.
    private static let surveyPage = 200
    /// Conversations of a look at an app, and of one where more than that changed lately. One read each: between two pages
    /// a conversation that changes would move from the second to the first, and be in neither.
    private static let newest = 50
    private static let mostNewest = 1_000

    let store: any Store

    func page(of conversation: ConversationID, of app: AppID, after sequence: Int64) async throws
        -> ConversationCursor.Page
    {
        let found = try await store.messages(
            of: conversation, in: .app(app), afterSequence: sequence, limit: Self.messagePage)
        return try await page(found, of: conversation, of: app)
    }

    func page(of conversation: ConversationID, of app: AppID, createdAfter time: Timestamp) async throws
        -> ConversationCursor.Page
    {
        let found = try await store.messages(
            of: conversation, in: .app(app), createdAfter: time, limit: Self.messagePage)
        return try await page(found, of: conversation, of: app)
    }

    private func page(_ found: MessagePage?, of conversation: ConversationID, of app: AppID) async throws
        -> ConversationCursor.Page
    {
        guard let found, !found.messages.isEmpty else { return ConversationCursor.Page(messages: [], hasMore: false) }
        let head = try await store.conversation(conversation, in: .app(app))
        return ConversationCursor.Page(
            messages: found.messages, hasMore: found.hasMore, conversation: head?.conversation)
    }

    func conversation(_ id: ConversationID, of app: AppID) async throws -> Conversation? {
        try await store.conversation(id, in: .app(app))?.conversation
    }

    func look(at app: AppID, backTo time: Timestamp) async throws -> SurveyPage {
        let page = try await conversations(of: app, after: nil, limit: Self.newest)
        guard let next = page.next, next.at >= time else { return page }
        return try await conversations(of: app, after: nil, limit: Self.mostNewest)
    }

    func survey(_ app: AppID, since: Timestamp, after cursor: PageCursor?) async throws -> SurveyPage {
        var page = try await conversations(of: app, after: cursor, limit: Self.surveyPage)
        if let next = page.next, next.at < since { page.next = nil }
        return page
    }

    private func conversations(of app: AppID, after cursor: PageCursor?, limit: Int) async throws -> SurveyPage {
        let rows = try await store.conversationRows(of: app, after: cursor, limit: limit)
        var page = SurveyPage(rows: rows)
        if rows.count == limit, let last = rows.last?.conversation {
            page.next = PageCursor(at: last.updatedAt, id: last.id.rawValue)
        }
        return page
    }
}
