/// Who decides what is pushed to devices that are not connected, and when.
///
/// Whoever writes messages asks it, once for each message, what is to be kept with the message; the rest it does by
/// itself, from the store.
public protocol PushSender: Sendable {
    /// What to keep with a message that is stored now; nil: it is not to be pushed. Quick, and from memory only.
    func intent(for app: AppID, from sender: Message.Sender, at now: Timestamp) -> PushIntent?
}
