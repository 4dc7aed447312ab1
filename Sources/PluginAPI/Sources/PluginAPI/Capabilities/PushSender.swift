/// What is to be shown on a device that is not connected (`presence-and-push.md` 6).
public struct PushNotification: Sendable, Hashable {
    public var device: DeviceIdentity
    public var conversation: ConversationID
    public var message: MessageID
    public var sender: Message.Sender
    public var title: String
    /// Nil when the app wants no text in pushes.
    public var body: String?

    public init(
        device: DeviceIdentity,
        conversation: ConversationID,
        message: MessageID,
        sender: Message.Sender,
        title: String,
        body: String?
    ) {
        self.device = device
        self.conversation = conversation
        self.message = message
        self.sender = sender
        self.title = title
        self.body = body
    }
}

/// Delivery to devices that are not connected.
public protocol PushSender: Sendable {
    /// Accepts a notification for delivery; returns when it is queued, not when it is delivered. A notification for a
    /// device without a token is dropped. Throws ``ChatError/Code/unavailable`` when the queue is full.
    func send(_ notification: PushNotification) async throws
}
