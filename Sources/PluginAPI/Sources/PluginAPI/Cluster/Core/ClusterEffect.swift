/// What the cluster core wants done.
enum ClusterEffect: Sendable {
    /// Hand it to the members on this node.
    case deliver(ClusterPublication)
    /// Begin to hear these channels.
    case subscribe([String])
    /// Hear them no more.
    case unsubscribe([String])
    /// Hand these to the broker; no answer is awaited.
    case publish([BrokerMessage])
    /// Hand these to the broker, and report by ``ClusterCore/heartbeatsSent(_:_:)``.
    case sendHeartbeats([BrokerMessage], [Heartbeat])
    /// Read a conversation behind a number, and report by ``ClusterCore/readFinished(_:_:at:)``.
    case read(ConversationID, app: AppID, after: Int64)
    /// Read what was created in a conversation after an instant, and report in the same way.
    case readCreated(ConversationID, app: AppID, after: Timestamp)
    /// Read a conversation itself, and report by ``ClusterCore/refreshed(_:of:_:at:)``.
    case refresh(ConversationID, app: AppID)
    /// Read a page of the app's conversations, latest first, and report by ``ClusterCore/surveyed(_:_:at:)``.
    case survey(AppSurvey)
}

/// A look at an app's conversations, latest changes first, for what agents on this node missed.
struct AppSurvey: Sendable {
    /// How many pages are read at most.
    static let mostPages = 50

    var app: AppID
    /// Older changes do not matter; nil: it is a look at the newest conversations, from which deliveries go on.
    var since: NIODeadline?
    /// Where the last page ended.
    var cursor: PageCursor?
    var page = 0
    /// Which read of the node's it is; an answer to an earlier one counts for nothing.
    var number = 0
}

/// One page of a survey.
struct SurveyPage: Sendable {
    var rows: [ConversationRow]
    /// Where the next page begins; nil: this was the last that matters.
    var next: PageCursor?
}
