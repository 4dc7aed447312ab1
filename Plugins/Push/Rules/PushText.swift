import PluginAPI

/// What a push says.
struct PushText: Sendable {
    /// ``PushConfiguration/mergedText``.
    var merged: String

    /// The notification of a bundle; nil when its message is gone.
    func notification(of bundle: PushBundle, _ rules: AppRules) -> PushNotification? {
        guard let content = bundle.lead.content else { return nil }
        return PushNotification(
            device: bundle.lead.device,
            conversation: bundle.lead.conversation,
            message: bundle.lead.message,
            sender: content.sender,
            title: rules.title,
            body: body(of: content, bundle.count, rules),
            expiresAt: bundle.lead.expiresAt)
    }

    private func body(of content: WaitingPush.Content, _ count: Int, _ rules: AppRules) -> String? {
        if count > 1 { return merged.replacing("{count}", with: "\(count)") }
        return rules.preview > 0 ? Self.cut(content.body, to: rules.preview) : nil
    }

    /// The beginning of a text, by characters as people see them: none is cut in two.
    static func cut(_ text: String, to limit: Int) -> String {
        // No character is shorter than a byte.
        text.utf8.count <= limit ? text : String(text.prefix(limit))
    }
}
