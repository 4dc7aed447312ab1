/// Why a message of a peer could not be fulfilled: the code of the frame that says so, which is also a label of metrics.
enum LegacyFailure: String, Sendable, Hashable, CaseIterable {
    case invalidJSON = "INVALID_JSON"
    case tooManyEvents = "RATE_LIMIT_EXCEEDED"
    case unauthorizedConversation = "UNAUTHORIZED_CONVERSATION"
    case conversationNotFound = "CONVERSATION_NOT_FOUND"
    case tooManyConversations = "TOO_MANY_CONVERSATIONS"
    case forbidden = "FORBIDDEN"
    case unavailable = "SERVICE_UNAVAILABLE"

    /// For a person.
    var text: String {
        switch self {
        case .invalidJSON: "Invalid JSON"
        case .tooManyEvents: "Too many events"
        case .unauthorizedConversation: "Conversation not found or access denied"
        case .conversationNotFound: "Conversation not found"
        case .tooManyConversations: "Too many conversations"
        case .forbidden: "Your role does not allow this"
        case .unavailable: "Service unavailable"
        }
    }
}
