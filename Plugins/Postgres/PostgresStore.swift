import PluginAPI

/// The store in a PostgreSQL database: writes in batches, one round trip each, nothing acknowledged before it is
/// committed.
///
/// The statements rest on two things. Every write of a conversation locks the conversation's row first, in a statement
/// of its own: the statements after it see all that others committed before they let go of the row, also on other
/// nodes, so that order of numbers is order of visibility. And what belongs to a device but not to one conversation
/// locks the device's row first.
public final class PostgresStore: Store {
    let pool: PostgresPool
    private let replicas: ReplicaSet?

    init(pool: PostgresPool, replicas: ReplicaSet? = nil) {
        self.pool = pool
        self.replicas = replicas
    }

    /// Runs steps that only read lists and pages, on a replica if there is one that sees all that the primary does.
    func list<Value: Sendable>(
        _ steps: [Step],
        of app: AppID,
        decode: @escaping @Sendable ([Rows]) throws -> Value
    ) async throws -> Value {
        guard let replicas else { return try await pool.read(steps, of: app, decode: decode) }
        return try await replicas.read(steps, of: app, decode: decode)
    }

    /// Asks over each connection that writes whether it may.
    public func checkHealth() async throws {
        try await pool.checkHealth()
    }
}

extension PostgresStore {
    /// Connects to a database whose schema is up to date.
    ///
    /// - Parameter url: `postgres://…` or libpq's `keyword=value` pairs.
    /// - Throws: what is wrong with the URL, or why the database cannot be reached.
    public static func open(url: String) async throws -> PostgresStore {
        let options = PostgresOptions(connection: try ConnectionURL(url).options)
        return PostgresStore(pool: try await PostgresPool.open(options))
    }

    /// Finishes the accepted writes, refuses new ones and disconnects.
    public func close() async {
        await pool.close()
    }
}
