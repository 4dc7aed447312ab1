import PluginAPI
import Synchronization

/// Provides the `store` capability from one SQLite file.
final class SQLitePlugin: Plugin {
    private let options: SQLiteOptions
    private let context: PluginContext
    private let store = Mutex<SQLiteStore?>(nil)

    init(options: SQLiteOptions, context: PluginContext) {
        self.options = options
        self.context = context
    }

    func start() async throws {
        let health = context.health
        let logger = context.logger
        let opened = try await SQLiteStore.open(options, metrics: context.metrics) { failure in
            if let failure {
                health.degraded("writes fail")
                logger.error("Writing failed", metadata: ["error": "\(failure)"])
            } else {
                health.recovered()
                logger.notice("Writing works again")
            }
        }
        store.withLock { $0 = opened }
        try context.provide(opened, as: .store)
        context.healthCheck { try await opened.checkHealth() }
        logger.info("Database is open", metadata: ["path": "\(options.path)"])
    }

    func stop() async {
        let opened = store.withLock { store in
            defer { store = nil }
            return store
        }
        guard let opened else { return }
        do {
            try await opened.close()
        } catch {
            context.logger.warning("Closing the database failed", metadata: ["error": "\(error)"])
        }
    }
}
