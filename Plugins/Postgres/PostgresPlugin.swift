import PluginAPI
import Synchronization

/// Provides the `store` capability from a PostgreSQL database.
final class PostgresPlugin: Plugin {
    private let options: PostgresOptions
    private let context: PluginContext
    private let pool = Mutex<PostgresPool?>(nil)

    init(options: PostgresOptions, context: PluginContext) {
        self.options = options
        self.context = context
    }

    func start() async throws {
        try await prepareSchema()
        let opened = try await openPool()
        pool.withLock { $0 = opened }
        try context.provide(PostgresStore(pool: opened), as: .store)
        context.healthCheck { try await opened.checkHealth() }
        context.logger.info("Database is open", metadata: ["server": "\(options.connection.summary)"])
    }

    func stop() async {
        let opened = pool.withLock { pool in
            defer { pool = nil }
            return pool
        }
        await opened?.close()
    }

    private func openPool() async throws -> PostgresPool {
        let health = context.health
        let logger = context.logger
        do {
            return try await PostgresPool.open(options, metrics: context.metrics) { failure in
                if let failure {
                    health.degraded("the database cannot be used")
                    logger.error("The database cannot be used", metadata: ["error": "\(failure)"])
                } else {
                    health.recovered()
                    logger.notice("The database can be used again")
                }
            }
        } catch let failure as PostgresFailure {
            throw SchemaRefusal("PostgreSQL database \(options.connection.summary): \(failure)")
        }
    }

    private func prepareSchema() async throws {
        let schema = PostgresSchema(connection: options.connection, takesOver: false)
        switch options.migration ?? (context.environment == .production ? .manual : .auto) {
        case .auto:
            let logger = context.logger
            try await schema.apply(finalizing: false) { progress in
                switch progress {
                case .waiting(let what): logger.notice("Schema work waits", metadata: ["for": "\(what)"])
                case .began(let step): logger.info("Schema step begins", metadata: ["step": "\(step.name)"])
                case .finished(let step, let time):
                    logger.notice("Schema step is done", metadata: ["step": "\(step.name)", "after": "\(time)"])
                }
            }
        case .manual:
            let pending = try await schema.plan(finalizing: false)
            guard let next = pending.first else { return }
            throw SchemaRefusal(
                "PostgreSQL database \(schema.place): schema steps are pending (\(pending.count)), the next is "
                    + "\"\(next.name)\"; see `replyhq migrate plan` and `replyhq migrate apply`, or set `migrate: auto`"
            )
        }
    }
}
