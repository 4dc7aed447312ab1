import PluginAPI
import Synchronization

/// Provides the `store` capability from a PostgreSQL database, and with topology `postgres` the bus and the presence
/// directory of several nodes.
final class PostgresPlugin: Plugin {
    private struct Opened {
        var pool: PostgresPool
        var watch: ServerWatch?
        var replicas: ReplicaSet?
        var cluster: ClusterParts?
    }

    private let options: PostgresOptions
    private let context: PluginContext
    private let shortcomings: Shortcomings
    private let opened = Mutex<Opened?>(nil)

    init(options: PostgresOptions, context: PluginContext) {
        self.options = options
        self.context = context
        shortcomings = Shortcomings(context.health)
    }

    func start() async throws {
        try await prepareSchema()
        let pool = try await openPool()
        opened.withLock { $0 = Opened(pool: pool) }
        if context.isServing {
            let watch = ServerWatch(pool, context, shortcomings)
            opened.withLock { $0?.watch = watch }
            try await watch.start(place: options.connection.summary)
        }
        let replicas = options.replicas.isEmpty ? nil : try await openReplicas(pool)
        opened.withLock { $0?.replicas = replicas }
        let store = PostgresStore(pool: pool, replicas: replicas)
        try context.provide(store, as: .store)
        context.healthCheck { if let trouble = await pool.trouble() { throw trouble } }
        if context.mayProvide(.bus) {
            let cluster = try await ClusterParts.open(options, store, context, shortcomings)
            opened.withLock { $0?.cluster = cluster }
            try context.provide(cluster.bus, as: .bus)
            try context.provide(cluster.directory, as: .presenceDirectory)
        }
        context.logger.info("Database is open", metadata: ["server": "\(options.connection.summary)"])
    }

    func stop() async {
        let opened = opened.withLock { $0.take() }
        await opened?.cluster?.close()
        await opened?.watch?.stop()
        await opened?.pool.close()
        await opened?.replicas?.close()
    }

    private func openPool() async throws -> PostgresPool {
        let logger = context.logger
        do {
            return try await PostgresPool.open(options, metrics: context.metrics) { [shortcomings] failure in
                shortcomings.set(failure.map { "the database cannot be used: \($0)" }, of: "")
                if let failure {
                    logger.error("The database cannot be used", metadata: ["error": "\(failure)"])
                } else {
                    logger.error("The database can be used again")
                }
            }
        } catch let failure as PostgresFailure {
            throw SchemaRefusal("PostgreSQL database \(options.connection.summary): \(failure)")
        }
    }

    private func openReplicas(_ pool: PostgresPool) async throws -> ReplicaSet {
        let logger = context.logger
        let unused = Mutex<Set<String>>([])
        return try await ReplicaSet.open(options, primary: pool, metrics: context.metrics) {
            [shortcomings] name, failure in
            shortcomings.set(failure.map { "replica \(name) is not used: \($0)" }, of: name)
            if let failure {
                unused.withLock { _ = $0.insert(name) }
                logger.warning("A replica is not used", metadata: ["replica": "\(name)", "reason": "\(failure)"])
            } else {
                let wasUnused = unused.withLock { $0.remove(name) != nil }
                logger.log(
                    level: wasUnused ? .warning : .notice, "A replica is used", metadata: ["replica": "\(name)"])
            }
        }
    }

    private func prepareSchema() async throws {
        let schema = PostgresSchema(
            connection: options.connection, hasRowSecurity: options.hasRowSecurity, takesOver: false,
            sharesPresence: context.mayProvide(.bus))
        try await schema.verifyRights()
        try await prepare(schema)
        try await schema.verifyBinding()
    }

    private func prepare(_ schema: PostgresSchema) async throws {
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
