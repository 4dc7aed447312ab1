import PluginAPI

extension SQLiteStore {
    public func createApp(_ app: App, keyHash: String) async throws {
        try await writer.write { transaction in
            let added = try transaction.connection.run(
                """
                INSERT INTO apps (id, name, api_key_hash, created_at, updated_at) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT (id) DO NOTHING
                """,
                .id(app.id), .text(app.name), .text(keyHash), .time(app.createdAt), .time(app.createdAt))
            if added == 0 { throw ChatError(.conflict, "App exists already") }
        }
    }

    public func apps() async throws -> [App] {
        try await read { connection in
            try connection.all("SELECT id, name, created_at FROM apps ORDER BY created_at DESC, id DESC", as: Self.app)
        }
    }

    public func app(_ id: AppID) async throws -> App? {
        try await read { connection in
            try connection.first("SELECT id, name, created_at FROM apps WHERE id = ?", .id(id), as: Self.app)
        }
    }

    public func credentials(of app: AppID) async throws -> AppCredentials? {
        try await read { try $0.first("\(Self.selectCredentials) = ?", .id(app), as: Self.readCredentials) }
    }

    public func credentials(of apps: [AppID]) async throws -> [AppCredentials] {
        let ids = JSONValue.array(apps.map { .string($0.rawValue) }).description
        return try await read {
            try $0.all(
                "\(Self.selectCredentials) IN (SELECT value FROM json_each(?))", .text(ids), as: Self.readCredentials)
        }
    }

    private static let selectCredentials = """
        SELECT id, api_key_hash, previous_key_hash, previous_key_expires_at, settings FROM apps WHERE id
        """

    private static func readCredentials(_ row: SQLRow) throws -> AppCredentials {
        AppCredentials(
            app: row.id(0),
            keyHash: row.text(1),
            previousKeyHash: row.optionalText(2),
            previousKeyExpiresAt: row.optionalTime(3),
            identity: try IdentityPolicy(settings: row.object(4)))
    }

    public func rotateKey(
        of app: AppID,
        to keyHash: String,
        previousExpiresAt: Timestamp?,
        at now: Timestamp
    ) async throws -> Bool {
        try await writer.write { transaction in
            let expiry = SQLValue.time(previousExpiresAt)
            return try transaction.connection.run(
                """
                UPDATE apps SET previous_key_hash = CASE WHEN ? IS NULL THEN NULL ELSE api_key_hash END,
                    previous_key_expires_at = ?, api_key_hash = ?, updated_at = ?
                WHERE id = ?
                """,
                expiry, expiry, .text(keyHash), .time(now), .id(app)) > 0
        }
    }

    private static func app(_ row: SQLRow) -> App {
        App(id: row.id(0), name: row.text(1), createdAt: row.time(2))
    }
}
