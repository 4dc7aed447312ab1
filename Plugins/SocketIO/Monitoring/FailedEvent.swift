import PluginAPI

/// An event that could not be fulfilled, and why. Both are from fixed lists.
struct FailedEvent: Sendable, Hashable {
    enum Event: String, Sendable, Hashable, CaseIterable {
        case join = "conversation:join"
        case send = "message:send"
        case sessions = "sessions:list"
        case typing
        case other

        init(_ name: String) {
            switch name {
            case "typing:start", "typing:stop": self = .typing
            default: self = Event(rawValue: name) ?? .other
            }
        }
    }

    /// The words of acknowledgements and of the event `error`.
    enum Code: String, Sendable, Hashable, CaseIterable {
        case missingConversationID = "MISSING_CONVERSATION_ID"
        case conversationNotFound = "CONVERSATION_NOT_FOUND"
        case notJoined = "CONVERSATION_NOT_JOINED"
        case tooManyConversations = "TOO_MANY_CONVERSATIONS"
        case invalidPayload = "INVALID_PAYLOAD"
        case messageTooLong = "MESSAGE_TOO_LONG"
        case forbidden = "FORBIDDEN"
        case rateLimited = "RATE_LIMIT_EXCEEDED"
        case serverError = "SERVER_ERROR"

        /// The word for an error of the chat (`socketio.md` 6 and 7).
        init(_ error: any Error) {
            switch (error as? ChatError)?.code {
            case .conversationNotFound?: self = .conversationNotFound
            case .messageTooLong?: self = .messageTooLong
            case .invalidPayload?: self = .invalidPayload
            case .forbidden?: self = .forbidden
            case .rateLimited?: self = .rateLimited
            default: self = .serverError
            }
        }

        /// For a person.
        var text: String {
            switch self {
            case .missingConversationID: "conversation_id is missing"
            case .conversationNotFound: "Conversation not found"
            case .notJoined: "Join the conversation before typing in it"
            case .tooManyConversations: "Too many conversations"
            case .invalidPayload: "Invalid payload"
            case .messageTooLong: "Message body cannot exceed \(Message.bodyLimit) characters"
            case .forbidden: "Your role does not allow this"
            case .rateLimited: "Too many events"
            case .serverError: "The event could not be handled"
            }
        }
    }

    var event: Event
    var code: Code

    static let all = Event.allCases.flatMap { event in Code.allCases.map { FailedEvent(event: event, code: $0) } }
}
