import PluginAPI

@testable import PostgresPlugin

extension TestDatabase {
    /// An old server's database of some age with rows.
    static func reference(_ age: SchemaAge, messages: Int = 1_000) async throws -> TestDatabase {
        let database = try await TestDatabase()
        try await database.schemaWork { try ReferenceDatabase.build(age, messages: messages, on: $0) }
        return database
    }

    /// The same, taken over as the product does it, and finalized.
    static func adopted(_ age: SchemaAge, messages: Int = 1_000, isFinal: Bool = false) async throws -> TestDatabase {
        let database = try await reference(age, messages: messages)
        try await database.schema.apply(finalizing: isFinal) { _ in }
        return database
    }

    /// Lends a connection as the product uses for its schema, on a thread that may block.
    func schemaWork<Value: Sendable>(
        _ body: @escaping @Sendable (SchemaConnection) throws -> Value
    ) async throws -> Value {
        let options = try ConnectionURL(url).options
        return try await DedicatedThread.run(named: "test") {
            let connection = try SchemaConnection(options)
            defer { connection.close() }
            return try body(connection)
        }
    }

    /// The first value of a statement's last row, as text.
    func value(_ sql: String) async throws -> String? { try await run(sql).last?.first ?? nil }

    /// Lends the product's store on the schema as it is.
    func withStore<Value>(_ body: (PostgresStore) async throws -> Value) async throws -> Value {
        try await withPool { pool in try await body(PostgresStore(pool: pool)) }
    }

    /// Waits until a session waits for a lock that another holds. Throws after a bound.
    func waitForWaiter(_ query: String) async throws {
        let deadline = ContinuousClock.now + .seconds(120)
        let look = """
            SELECT count(*) FROM pg_stat_activity
            WHERE datname = '\(name)' AND wait_event_type = 'Lock' AND query LIKE '%\(query)%'
                AND pid <> pg_backend_pid()
            """
        while try await value(look) == "0" {
            guard ContinuousClock.now < deadline else {
                throw SQLSession.Failure(description: "nobody waits for a lock with \(query)")
            }
        }
    }
}

/// What derived columns must be; each answers how many rows are wrong.
enum DerivedColumns {
    static let questions = [
        "a conversation knows its newest message": """
        SELECT count(*) FROM conversations c LEFT JOIN LATERAL (
            SELECT sequence, created_at FROM messages WHERE conversation_id = c.id ORDER BY sequence DESC LIMIT 1) m
            ON true
        WHERE c.last_sequence IS DISTINCT FROM coalesce(m.sequence, 0)
            OR c.last_message_at IS DISTINCT FROM m.created_at
        """,
        "a message has its conversation's app": """
        SELECT count(*) FROM messages m JOIN conversations c ON c.id = m.conversation_id
        WHERE m.app_id IS DISTINCT FROM c.app_id
        """,
        "one conversation of each identity stands for the others": """
        SELECT count(*) FROM (
            SELECT FROM conversations GROUP BY app_id, device_id, coalesce(user_id, '')
            HAVING count(*) FILTER (WHERE superseded_by IS NULL) <> 1) wrong
        """,
        "who gave way names the one that stands": """
        SELECT count(*) FROM conversations c LEFT JOIN conversations s ON s.id = c.superseded_by
        WHERE c.superseded_by IS NOT NULL AND (s.id IS NULL OR s.superseded_by IS NOT NULL
            OR (s.app_id, s.device_id, coalesce(s.user_id, ''))
                <> (c.app_id, c.device_id, coalesce(c.user_id, '')))
        """,
        "a device was seen, and its token has a provider": """
        SELECT count(*) FROM devices
        WHERE last_seen_at IS NULL OR (push_token IS NULL) <> (push_token_provider IS NULL)
        """,
        "an app has a hash": "SELECT count(*) FROM apps WHERE api_key_hash IS NULL",
    ]
}
