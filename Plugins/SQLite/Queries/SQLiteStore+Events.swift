import PluginAPI

extension SQLiteStore {
    public func record(_ events: [TrackedEvent]) async throws {
        guard !events.isEmpty else { return }
        try await writer.write(changesConversations: false) { transaction in
            for event in events {
                try transaction.connection.run(
                    """
                    INSERT INTO events (app_id, device_id, user_id, event_name, event_timestamp, properties, user_plan,
                        user_country, session_id, platform, app_version)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                    .id(event.device.app), .id(event.device.device), .id(event.userID), .text(event.name),
                    .time(event.at), .text(event.properties), .optional(event.userPlan),
                    .optional(event.userCountry), .text(event.sessionID), .optional(event.platform),
                    .optional(event.appVersion))
            }
        }
    }
}
