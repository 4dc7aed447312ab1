import PluginAPI

/// The request body of a push (`presence-and-push.md` 6): at most 4 kB of payload.
///
/// Only data for Android, so that the SDK shows it and counts; an alert for Apple's devices, where it cannot. No collapse
/// key on Android: the SDK replaces by the message's id, and collapsing would drop texts.
struct FCMPayload: Sendable {
    /// What Firebase takes, of the whole message object.
    static let limit = 4_096
    /// On Apple's devices, when the app shows no text: an alert needs one.
    static let hiddenText = "You have a new message"
    private static let collapseLimit = 64
    /// In bytes; most are shorter.
    private static let usualSize = 1_536

    let push: PushNotification
    let token: String
    let now: Timestamp

    /// - Parameter validateOnly: Firebase is to check it and deliver nothing.
    func bytes(validateOnly: Bool = false) -> ByteBuffer {
        var text = push.body
        while true {
            let buffer = write(text, validateOnly)
            guard buffer.readableBytes > Self.limit, let long = text, !long.isEmpty else { return buffer }
            // The text is there twice. At least one character goes each time.
            let excess = buffer.readableBytes - Self.limit
            text = Self.dropping(max(1, excess / 2), from: long)
        }
    }

    private static func dropping(_ bytes: Int, from text: String) -> String {
        var text = text
        let goal = max(0, text.utf8.count - bytes)
        while text.utf8.count > goal { text.removeLast() }
        return text
    }

    private func write(_ text: String?, _ validateOnly: Bool) -> ByteBuffer {
        var json = JSONWriter(buffer: ByteBufferAllocator().buffer(capacity: Self.usualSize))
        json.beginObject()
        if validateOnly { json.field("validate_only", true) }
        json.key("message")
        json.beginObject()
        json.field("token", token)
        json.key("data")
        json.beginObject()
        json.field("title", push.title)
        if let text { json.field("body", text) }
        writeIDs(&json)
        json.field("conversationId", push.conversation)
        json.field("messageId", push.message)
        json.endObject()
        writeAndroid(&json)
        writeApple(text, &json)
        json.endObject()
        json.endObject()
        return json.buffer
    }

    private func writeIDs(_ json: inout JSONWriter) {
        json.field("conversation_id", push.conversation)
        json.field("message_id", push.message)
        json.field("sender_type", push.sender.rawValue)
    }

    private func writeAndroid(_ json: inout JSONWriter) {
        let seconds = min(max(push.expiresAt.milliseconds(since: now) / 1_000, 0), 2_419_200)
        json.key("android")
        json.beginObject()
        json.field("priority", "HIGH")
        json.field("ttl", "\(seconds)s")
        json.endObject()
    }

    private func writeApple(_ text: String?, _ json: inout JSONWriter) {
        json.key("apns")
        json.beginObject()
        json.key("headers")
        json.beginObject()
        json.field("apns-priority", "10")
        json.field("apns-push-type", "alert")
        // A push that is sent twice, as its sender died in between, shows once.
        if push.message.rawValue.utf8.count <= Self.collapseLimit { json.field("apns-collapse-id", push.message) }
        json.field("apns-expiration", "\(max(0, push.expiresAt.milliseconds / 1_000))")
        json.endObject()
        json.key("payload")
        json.beginObject()
        json.key("aps")
        json.beginObject()
        json.key("alert")
        json.beginObject()
        json.field("title", push.title)
        json.field("body", text ?? Self.hiddenText)
        json.endObject()
        json.field("sound", "default")
        json.field("thread-id", push.conversation)
        json.endObject()
        writeIDs(&json)
        json.endObject()
        json.endObject()
    }
}
