import PluginAPI
import Synchronization

/// Keeps this server's lease, and finds out whether what requests failed with is over; says each once each way.
final class ServerWatch: Sendable {
    /// How long a start waits for another server to let go.
    private static let patience: Duration = .seconds(20)
    private static let pause: Duration = .milliseconds(500)
    /// How often faults are looked at.
    private static let interval: Duration = .seconds(1)

    private let lease: ServerLease
    private let pool: PostgresPool
    private let context: PluginContext
    private let shortcomings: Shortcomings
    private let task = Mutex<Task<Void, Never>?>(nil)

    init(_ pool: PostgresPool, _ context: PluginContext, _ shortcomings: Shortcomings) {
        lease = ServerLease(pool: pool, topology: context.topology)
        self.pool = pool
        self.context = context
        self.shortcomings = shortcomings
    }

    /// Takes the lease, and waits a while for a server that is about to stop. Afterwards it is kept.
    ///
    /// - Throws: ``SchemaRefusal`` naming the server in the way.
    func start(place: String) async throws {
        do {
            try await take(place)
        } catch let error as ChatError {
            throw SchemaRefusal("PostgreSQL database \(place): \(ErrorText.cause(of: error))")
        }
        task.withLock { $0 = Task { await keep() } }
    }

    private func take(_ place: String) async throws {
        let deadline = ContinuousClock.now + Self.patience
        var isWaiting = false
        while let holder = try await lease.renew() {
            if !isWaiting {
                context.logger.notice(
                    "Waiting for another server to let go of the database", metadata: ["server": "\(holder)"])
            }
            isWaiting = true
            guard ContinuousClock.now < deadline else {
                throw SchemaRefusal("PostgreSQL database \(place): another server uses it: \(holder); \(advice)")
            }
            try await context.eventLoops.pause(for: Self.pause)
        }
    }

    /// Lets go of the lease.
    func stop() async {
        guard let task = task.withLock({ $0.take() }) else { return }
        task.cancel()
        await task.value
        do {
            try await lease.release()
        } catch {
            context.logger.warning(
                "The lease of the database was not given back", metadata: ["error": "\(ErrorText.cause(of: error))"])
        }
    }

    private var advice: String {
        context.topology == .single
            ? "with topology \"single\" one server uses a database; for several, state a topology with a bus, the same in "
                + "all of them"
            : "all servers of a database have to be of one topology; this one is \"\(context.topology.rawValue)\""
    }

    private func keep() async {
        var (faultBefore, renewAt) = (String?.none, ContinuousClock.now + ServerLease.interval)
        do {
            while true {
                try await context.eventLoops.pause(for: Self.interval)
                faultBefore = await lookAtFaults(before: faultBefore)
                guard ContinuousClock.now >= renewAt else { continue }
                do {
                    tell(try await lease.renew())
                    renewAt = .now + ServerLease.interval
                } catch {
                    // Without the database there is nothing to hold; the next round tries again.
                    context.logger.debug(
                        "The lease of the database was not renewed",
                        metadata: ["error": "\(ErrorText.cause(of: error))"])
                }
            }
        } catch {
            // Cancelled: the plugin stops.
        }
    }

    /// Another server took the lease while this one could not renew it, such as a process that was stopped for a while.
    private func tell(_ holder: ServerLease.Holder?) {
        let wasLost = pool.gate.reason != nil
        guard wasLost != (holder != nil) else { return }
        let reason = holder.map { "another server uses the database: \($0)" }
        pool.gate.set(reason)
        shortcomings.set(reason, of: "lease")
        if let reason {
            context.logger.error("The database was taken over", metadata: ["error": "\(reason); \(advice)"])
        } else {
            context.logger.error("The database is this server's again")
        }
    }

    /// Answers what is wrong now.
    private func lookAtFaults(before: String?) async -> String? {
        if pool.faults.isProbeDue, pool.gate.reason == nil {
            do {
                try await lease.probeRoom()
                pool.faults.probed()
            } catch {
                // What failed has been noted by the driver.
            }
        }
        let reason = pool.faults.reason
        shortcomings.set(reason.map { "requests fail: \($0)" }, of: "faults")
        if let reason, before == nil {
            context.logger.error("The database cannot do its work", metadata: ["error": "\(reason)"])
        } else if reason == nil, before != nil {
            context.logger.error("The database does its work again")
        }
        return reason
    }
}
