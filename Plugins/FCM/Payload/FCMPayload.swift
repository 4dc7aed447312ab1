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

    let push: PushNotification
    let token: String
    let now: Timestamp

    /// Writes it in place of what was written there before.
    ///
    /// - Parameter validateOnly: Firebase is to check it and deliver nothing.
    func write(to json: inout PayloadText, validateOnly: Bool = false) {
        var text = push.body
        while true {
            json.clear()
            write(text, validateOnly, &json)
            guard json.count > Self.limit, let long = text, !long.isEmpty else { return }
            // The text is there twice. At least one character goes each time.
            let excess = json.count - Self.limit
            text = Self.dropping(max(1, excess / 2), from: long)
        }
    }

    func bytes(validateOnly: Bool = false) -> [UInt8] {
        var json = PayloadText()
        write(to: &json, validateOnly: validateOnly)
        return json.withBytes { Array($0) }
    }

    private static func dropping(_ bytes: Int, from text: String) -> String {
        var text = text
        let goal = max(0, text.utf8.count - bytes)
        while text.utf8.count > goal { text.removeLast() }
        return text
    }

    private func write(_ text: String?, _ validateOnly: Bool, _ json: inout PayloadText) {
        json.fixed(validateOnly ? "{\"validate_only\":true,\"message\":{\"token\":" : "{\"message\":{\"token\":")
        json.text(token)
        json.fixed(",\"data\":{\"title\":")
        json.text(push.title)
        if let text {
            json.fixed(",\"body\":")
            json.text(text)
        }
        writeIDs(&json)
        json.fixed(",\"conversationId\":")
        json.text(push.conversation.rawValue)
        json.fixed(",\"messageId\":")
        json.text(push.message.rawValue)
        let seconds = min(max(push.expiresAt.milliseconds(since: now) / 1_000, 0), 2_419_200)
        json.fixed("},\"android\":{\"priority\":\"HIGH\",\"ttl\":")
        json.text("\(seconds)s")
        json.fixed("},\"apns\":{\"headers\":{")
        writeApple(text, &json)
        json.fixed("}}}}")
    }

    private func writeIDs(_ json: inout PayloadText) {
        json.fixed(",\"conversation_id\":")
        json.text(push.conversation.rawValue)
        json.fixed(",\"message_id\":")
        json.text(push.message.rawValue)
        json.fixed(",\"sender_type\":")
        json.text(push.sender.rawValue)
    }

    private func writeApple(_ text: String?, _ json: inout PayloadText) {
        json.fixed("\"apns-priority\":\"10\",\"apns-push-type\":\"alert\",\"apns-expiration\":")
        json.text("\(max(0, push.expiresAt.milliseconds / 1_000))")
        // A push that is sent twice, as its sender died in between, shows once.
        if push.message.rawValue.utf8.count <= Self.collapseLimit {
            json.fixed(",\"apns-collapse-id\":")
            json.text(push.message.rawValue)
        }
        json.fixed("},\"payload\":{\"aps\":{\"alert\":{\"title\":")
        json.text(push.title)
        json.fixed(",\"body\":")
        json.text(text ?? Self.hiddenText)
        json.fixed("},\"sound\":\"default\",\"thread-id\":")
        json.text(push.conversation.rawValue)
        json.fixed("}")
        writeIDs(&json)
    }
}
