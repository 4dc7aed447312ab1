/// A tenant: one customer's product, with its own key, conversations and agents.
public typealias AppID = Identifier<App>

/// A device, named by the client itself; opaque, unique within an app.
public typealias DeviceID = Identifier<Device>

/// The app's own name for one of its users; opaque, unique within an app.
public typealias UserID = Identifier<UserProfile>

/// The anonymous name of whoever opened a conversation (`vis_…`).
public enum Visitor {}
/// The name of a visitor (`vis_…`).
public typealias VisitorID = Identifier<Visitor>

/// The server's name of a conversation (`conv_…`).
public typealias ConversationID = Identifier<Conversation>

/// The server's name of a message (`msg_…`).
public typealias MessageID = Identifier<Message>

/// The sender's name of a message, a UUID; unique within its conversation, which makes sending idempotent.
public enum LocalMessage {}
/// The name that a message's sender gave it.
public typealias LocalMessageID = Identifier<LocalMessage>

/// One live socket, of whatever transport (`conn_…`).
public typealias ConnectionID = Identifier<ConnectionInfo>

/// One process of a cluster.
public enum Node {}
/// The name of a node.
public typealias NodeID = Identifier<Node>

/// A device within its app: who speaks on `/v1` and `/client`.
public struct DeviceIdentity: Hashable, Sendable {
    /// The app.
    public var app: AppID
    /// The device, unique within its app only.
    public var device: DeviceID

    /// Makes an identity.
    public init(app: AppID, device: DeviceID) {
        self.app = app
        self.device = device
    }
}
