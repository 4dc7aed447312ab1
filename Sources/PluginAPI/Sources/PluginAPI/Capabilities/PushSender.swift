/// What is to be shown on a device that is not connected (`presence-and-push.md` 6).
public struct PushNotification: Sendable, Hashable {
    /// Whose phone is to be told.
    public var device: DeviceIdentity
    /// The conversation to open on a tap.
    public var conversation: ConversationID
    /// The message that came.
    public var message: MessageID
    /// Who wrote it.
    public var sender: Message.Sender
    /// The line above the text.
    public var title: String
    /// Nil when the app wants no text in pushes.
    public var body: String?

    /// Makes a notification.
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
