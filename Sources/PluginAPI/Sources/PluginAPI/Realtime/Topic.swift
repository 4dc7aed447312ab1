/// What events are published to and connections listen to.
public struct Topic: Hashable, Sendable, CustomStringConvertible {
    /// Such as `conversation:conv_…` or `app:…`; plugins may use prefixes of their own.
    public let name: String

    /// Makes a topic of a name; equal names are one topic.
    public init(_ name: String) { self.name = name }

    /// Those who take part in a conversation.
    public static func conversation(_ id: ConversationID) -> Topic { Topic("conversation:" + id.rawValue) }

    /// The agents of an app.
    public static func app(_ id: AppID) -> Topic { Topic("app:" + id.rawValue) }

    /// The name.
    public var description: String { name }
}
