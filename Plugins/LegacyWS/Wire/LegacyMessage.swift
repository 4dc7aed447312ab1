import NIOCore
import PluginAPI

/// What a peer says (`legacy-ws.md` 2 and 3). Each endpoint ignores what is not for it.
enum LegacyMessage: Sendable, Hashable {
    case ping
    case subscribe(ConversationID)
    case unsubscribe(ConversationID)
    case typing(ConversationID, isTyping: Bool)
    /// An unknown type, or one whose fields are missing or of another kind.
    case meaningless
    /// No JSON, or more than any of these takes.
    case invalidJSON

    private static let limits = JSONLimits(maxDepth: 16, maxNodes: 1_000)

    init(_ text: ByteBuffer) {
        do throws(JSONError) {
            self.init(try JSONValue(parsing: text, limits: Self.limits))
        } catch {
            self = .invalidJSON
        }
    }

    private init(_ json: JSONValue) {
        switch (json["type"]?.stringValue, Self.conversation(json)) {
        case ("ping", _): self = .ping
        case ("subscribe", let conversation?): self = .subscribe(conversation)
        case ("unsubscribe", let conversation?): self = .unsubscribe(conversation)
        case ("user.typing", let conversation?):
            guard let isTyping = Self.isTyping(json["is_typing"]) else {
                self = .meaningless
                return
            }
            self = .typing(conversation, isTyping: isTyping)
        default: self = .meaningless
        }
    }

    /// The kind of event as which it is counted.
    var kind: EventBudget.Kind {
        switch self {
        case .subscribe: .join
        case .typing: .typing
        case .ping, .unsubscribe, .meaningless, .invalidJSON: .other
        }
    }

    private static func conversation(_ json: JSONValue) -> ConversationID? {
        json["conversation_id"]?.stringValue.flatMap { $0.isEmpty ? nil : ConversationID(rawValue: $0) }
    }

    /// True unless told otherwise.
    private static func isTyping(_ value: JSONValue?) -> Bool? {
        guard let value, !value.isNull else { return true }
        return value.boolValue
    }
}
