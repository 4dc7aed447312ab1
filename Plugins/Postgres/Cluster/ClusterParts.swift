import PluginAPI
import Synchronization

/// What joins several nodes over the database: the line, the bus on it, and presence.
struct ClusterParts: Sendable {
    let line: ListenLine
    let bus: ClusterBus
    let directory: PostgresPresenceDirectory
    private let leases: PostgresPool

    /// Connects, and returns when notifications come back.
    ///
    /// - Throws: ``SchemaRefusal`` with the reason if they do not.
    static func open(
        _ options: PostgresOptions, _ store: PostgresStore, _ context: PluginContext, _ shortcomings: Shortcomings
    ) async throws -> ClusterParts {
        let place = (options.listening ?? options.connection).summary
        let line: ListenLine
        do {
            line = try ListenLine(
                options.listening ?? options.connection, meters: LineMeters(metrics: context.metrics))
        } catch {
            throw SchemaRefusal("PostgreSQL database \(place): \(ErrorText.cause(of: error))")
        }
        let loop = context.eventLoops.next()
        do {
            if let failure = await line.untilUp(within: options.connectTimeout * 2, on: loop) {
                throw SchemaRefusal("PostgreSQL database \(place): the bus between nodes: \(failure)")
            }
            try Task.checkCancellation()
            let leases = try await PostgresPool.open(options.keepingLeases)
            report(line, context, shortcomings)
            let bus = ClusterBus(
                broker: PostgresBroker(line: line), store: store, eventLoop: loop, clock: context.clock,
                logger: context.logger)
            let directory = PostgresPresenceDirectory(writing: leases, reading: store.pool, line: line)
            return ClusterParts(line: line, bus: bus, directory: directory, leases: leases)
        } catch {
            await line.close()
            if let failure = error as? PostgresFailure {
                throw SchemaRefusal("PostgreSQL database \(options.connection.summary): \(failure)")
            }
            throw error
        }
    }

    private init(line: ListenLine, bus: ClusterBus, directory: PostgresPresenceDirectory, leases: PostgresPool) {
        self.line = line
        self.bus = bus
        self.directory = directory
        self.leases = leases
    }

    func close() async {
        await bus.close()
        await line.close()
        await leases.close(within: .seconds(1))
    }

    /// Says when events no longer travel, each reason of the server's once, and once when they do again.
    private static func report(_ line: ListenLine, _ context: PluginContext, _ shortcomings: Shortcomings) {
        let logger = context.logger
        let isDown = Mutex(false)
        line.observe { event in
            switch event {
            case .down(let failure) where failure.kind != .closed:
                isDown.withLock { $0 = true }
                shortcomings.set("events do not travel between nodes: \(failure)", of: "bus")
                logger.error("Events do not travel between nodes; retrying", metadata: ["error": "\(failure)"])
            case .up where isDown.withLock({ exchange(&$0, with: false) }):
                shortcomings.set(nil, of: "bus")
                logger.error("Events travel between nodes again")
            case .up, .down, .notified: break
            }
        }
    }
}

extension PostgresOptions {
    /// One connection that writes, for leases alone.
    var keepingLeases: PostgresOptions {
        var options = self
        options.writeConnections = 1
        options.readConnections = 0
        options.replicas = []
        // The tables of presence belong to no app.
        options.hasRowSecurity = false
        return options
    }
}
