import PluginAPI

extension PostgresStore {
    public func record(_ events: [TrackedEvent]) async throws {
        guard let first = events.first else { return }
        let rows = JSONObject([("events", JSONValue.array(events.map { .object($0.stored) }))])
        // One lane for each app, so that events of one app are kept in the order they came.
        let (app, step) = (first.device.app, Step(.recordEvents, .object(rows)))
        try await pool.write(in: LaneKey(app: app), of: app, [step]) { rows in
            guard rows.first?.affected == events.count else { throw ChatError(.appNotFound, "App not found") }
        }
    }
}

extension TrackedEvent {
    /// The row, with the names of the columns.
    fileprivate var stored: JSONObject {
        func stored(_ text: String?) -> JSONValue { text.map { .string(StorableText.encode($0)) } ?? .null }
        return [
            "app_id": .string(device.app.rawValue),
            "device_id": .string(device.device.rawValue),
            "user_id": .string(userID.rawValue),
            "event_name": stored(name),
            "at": .int(at.milliseconds),
            // Text within text: parsed it would take many times its room.
            "properties": .string(StorableText.encodedJSON(properties)),
            "user_plan": stored(userPlan),
            "user_country": stored(userCountry),
            "session_id": stored(sessionID),
            "platform": stored(platform),
            "app_version": stored(appVersion),
        ]
    }
}

extension Statement {
    /// One statement for all of them, so that all or none are stored.
    fileprivate static let recordEvents = Statement(
        "record_events",
        """
        INSERT INTO events (app_id, device_id, user_id, event_name, event_timestamp, properties, user_plan,
            user_country, session_id, platform, app_version)
        SELECT e.app_id, e.device_id, e.user_id, e.event_name, timestamp 'epoch' + e.at * interval '1 millisecond',
            e.properties::jsonb, e.user_plan, e.user_country, e.session_id, e.platform, e.app_version
        FROM jsonb_to_recordset($1::jsonb -> 'events') AS e (app_id text, device_id text, user_id text, event_name text,
            at bigint, properties text, user_plan text, user_country text, session_id text, platform text,
            app_version text)
        """)
    static let ofEvents = [recordEvents]
}
