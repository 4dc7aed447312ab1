import PluginAPI

extension PostgresStore {
    public func createApp(_ app: App, keyHash: String) async throws {
        let step = Step(.createApp, .id(app.id), .stored(app.name), .text(keyHash), .time(app.createdAt))
        let added = try await pool.write(in: LaneKey(app: app.id), [step]) { $0.first?.affected ?? 0 }
        if added == 0 { throw ChatError(.conflict, "App exists already") }
    }

    public func apps() async throws -> [App] {
        try await pool.read([Step(.apps)]) { try $0.first?.map(Self.app) ?? [] }
    }

    public func app(_ id: AppID) async throws -> App? {
        try await pool.read([Step(.app, .id(id))]) { try $0.first?.first(as: Self.app) }
    }

    public func credentials(of app: AppID) async throws -> AppCredentials? {
        try await pool.read([Step(.credentials, .id(app))]) { try $0.first?.first(as: Self.readCredentials) }
    }

    public func credentials(of apps: [AppID]) async throws -> [AppCredentials] {
        try await pool.read([Step(.credentialsOfApps, .ids(apps))]) { try $0.first?.map(Self.readCredentials) ?? [] }
    }

    private static func readCredentials(_ row: SQLRow) throws -> AppCredentials {
        AppCredentials(
            app: row.id(0),
            keyHash: row.text(1),
            previousKeyHash: row.optionalText(2),
            previousKeyExpiresAt: try row.optionalTime(3),
            identity: try IdentityPolicy(settings: try row.storedObject(4)))
    }

    public func rotateKey(
        of app: AppID,
        to keyHash: String,
        previousExpiresAt: Timestamp?,
        at now: Timestamp
    ) async throws -> Bool {
        let step = Step(.rotateKey, .id(app), .text(keyHash), .time(previousExpiresAt), .time(now))
        return try await pool.write(in: LaneKey(app: app), [step]) { ($0.first?.affected ?? 0) > 0 }
    }

    private static func app(_ row: SQLRow) throws -> App {
        App(id: row.id(0), name: row.storedText(1), createdAt: try row.time(2))
    }
}

extension Statement {
    fileprivate static let createApp = Statement(
        "create_app",
        """
        INSERT INTO apps (id, name, api_key_hash, created_at, updated_at)
        VALUES ($1::text, $2::text, $3::text, $4::timestamp(3), $4::timestamp(3)) ON CONFLICT DO NOTHING
        """)
    fileprivate static let apps = Statement(
        "apps", "SELECT id, name, created_at FROM apps ORDER BY created_at DESC, id DESC")
    fileprivate static let app = Statement("app", "SELECT id, name, created_at FROM apps WHERE id = $1::text")
    private static let credentialsColumns =
        "id, api_key_hash, previous_key_hash, previous_key_expires_at, settings"
    fileprivate static let credentials = Statement(
        "credentials", "SELECT \(credentialsColumns) FROM apps WHERE id = $1::text")
    fileprivate static let credentialsOfApps = Statement(
        "credentials_of_apps", "SELECT \(credentialsColumns) FROM apps WHERE id = ANY ($1::text[])")
    fileprivate static let rotateKey = Statement(
        "rotate_key",
        """
        UPDATE apps SET previous_key_hash = CASE WHEN $3::timestamp(3) IS NULL THEN NULL ELSE api_key_hash END,
            previous_key_expires_at = $3::timestamp(3), api_key_hash = $2::text, updated_at = $4::timestamp(3)
        WHERE id = $1::text
        """)
    /// Those about tenants themselves; every other one names `app_id`.
    static let ofApps = [createApp, apps, app, credentials, credentialsOfApps, rotateKey]
}
