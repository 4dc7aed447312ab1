import PluginAPI

extension PushDoctor {
    /// For how long a test push is worth showing.
    private static let testLifetime: Duration = .seconds(600)

    /// Whether the token's provider is there and takes it, as only the provider knows.
    func examineProvider(
        _ device: DeviceIdentity, _ token: PushToken, _ rules: AppRules, send: Bool, _ report: inout PushReport
    ) async throws {
        guard let provider = providers(token.route) else {
            return report.add("provider", .obstacle, Self.absence(of: token.route))
        }
        if let obstacle = provider.obstacle(for: device.app) { return report.add("provider", .obstacle, obstacle) }
        report.add("provider", .fine, "\(token.route.rawValue) has an account for the app")
        // So that a tap on it opens something.
        let conversation = try await store.latestConversation(of: device)?.conversation.id
        let explanation = await provider.explain(test(device, in: conversation, rules), to: token, isDryRun: !send)
        report.exchange = explanation.lines
        report.isSent = send
        let detail = explanation.answer.detail
        switch explanation.answer.verdict {
        case .accepted: report.add("answer", .fine, "the provider takes it: \(detail)")
        case .tokenIsDead: report.add("answer", .obstacle, "the provider says that the token is dead: \(detail)")
        case .refused: report.add("answer", .obstacle, "the provider refuses it: \(detail)")
        case .tryAgain: report.add("answer", .note, "the provider does not take it now: \(detail)")
        case .unavailable: report.add("answer", .obstacle, "the provider cannot be used now: \(detail)")
        }
    }

    private static func absence(of route: PushTokenProvider) -> String {
        let absence = PushDesk.absence(of: route)
        guard route == .fcm else { return absence }
        return absence + ": FCM is off, or its service account is missing or cannot be used; replyhq check says which"
    }

    private func test(
        _ device: DeviceIdentity, in conversation: ConversationID?, _ rules: AppRules
    ) -> PushNotification {
        let id = "test-\(IDGenerator.uuidV4())"
        return PushNotification(
            device: device, conversation: conversation ?? ConversationID(rawValue: id),
            message: MessageID(rawValue: id),
            sender: .system, title: rules.title, body: rules.preview > 0 ? "A test of notifications" : nil,
            expiresAt: clock.now + Self.testLifetime)
    }
}
