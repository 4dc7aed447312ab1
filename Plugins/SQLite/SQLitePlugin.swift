import Glibc
import PluginAPI
import Synchronization

/// Provides the `store` capability from one SQLite file.
final class SQLitePlugin: Plugin {
    private struct Opened {
        var store: SQLiteStore
        var looking: Task<Void, Never>?
    }

    /// How often the files and writing that failed are looked at.
    private static let interval: Duration = .seconds(1)

    private let options: SQLiteOptions
    private let context: PluginContext
    private let opened = Mutex<Opened?>(nil)

    init(options: SQLiteOptions, context: PluginContext) {
        self.options = options
        self.context = context
    }

    func start() async throws {
        // A limit of file sizes is to be an error of one write and not the end of the process (setrlimit(2)).
        signal(SIGXFSZ, SIG_IGN)
        let health = context.health
        let logger = context.logger
        let waiting: @Sendable () -> Void = { [options] in
            logger.notice("Waiting for another server to let go of the file", metadata: ["path": "\(options.path)"])
        }
        let store = try await SQLiteStore.open(
            options, metrics: context.metrics, isServer: context.isServing, waiting: waiting
        ) { failure in
            if let failure {
                health.degraded("writes fail: \(failure)")
                logger.error("Writing failed", metadata: ["error": "\(failure)"])
            } else {
                health.recovered()
                logger.error("Writing works again")
            }
        }
        opened.withLock { $0 = Opened(store: store) }
        try context.provide(store, as: .store)
        context.healthCheck { if let trouble = await store.trouble() { throw trouble } }
        let eventLoops = context.eventLoops
        let looking = Task {
            while (try? await eventLoops.pause(for: Self.interval)) != nil { await store.look() }
        }
        opened.withLock { $0?.looking = looking }
        logger.info("Database is open", metadata: ["path": "\(options.path)"])
    }

    func stop() async {
        guard let opened = opened.withLock({ $0.take() }) else { return }
        opened.looking?.cancel()
        await opened.looking?.value
        do {
            try await opened.store.close()
        } catch {
            context.logger.warning("Closing the database failed", metadata: ["error": "\(StoreTrouble(error))"])
        }
    }
}
