import PluginAPI

/// The schema of one PostgreSQL database.
struct PostgresSchema: SchemaManager {
    let connection: ConnectionOptions
    var migrations = Migration.all
    /// Whether row-level security is made, too.
    var hasRowSecurity = false
    /// Whether an old server's database is taken over; a server that starts does not do that by itself.
    var takesOver = true
    /// Whether several nodes keep presence in it, which takes rights of its own.
    var sharesPresence = false

    var place: String { connection.summary }

    func status() async throws -> SchemaStatus {
        try await work { session in
            let state = try SchemaState.read(session)
            let applied = try migrator(session).applied()
            if case .foreign = state { return SchemaStatus(summary: "\(state)", applied: applied, pending: 0) }
            let summary = try summary(of: state, session)
            let pending = try pending(in: state, session)
            return SchemaStatus(summary: summary, applied: applied, pending: pending.count)
        }
    }

    func plan(finalizing: Bool) async throws -> [SchemaStep] {
        try await work { session in
            let steps = try pending(in: try SchemaState.read(session), session)
            guard finalizing, try mayFinalize(session) else { return steps }
            return steps + (try Adopter(connection: session).finalPending().map(\.step))
                + migrations.filter(\.needsSoleServer).map(\.step)
        }
    }

    func apply(finalizing: Bool, progress: @escaping @Sendable (SchemaProgress) -> Void) async throws {
        try await work { session in
            try SchemaLock.acquire(on: session, progress: progress)
            // Only now: whoever held the lock may have done it all.
            let state = try SchemaState.read(session)
            let migrator = migrator(session)
            let adopter = Adopter(connection: session) { $0.report(to: progress) }
            switch state {
            case .empty, .ours: break
            case .reference(let age), .adopting(let age):
                try requireTakeOver(state)
                try session.requireSession(for: "taking over the old server's database")
                try adopter.adopt(from: age)
            case .foreign: throw SchemaRefusal("\(state)")
            }
            let runner = StepRunner(connection: session, progress: progress)
            try migrator.migrate(runner)
            if hasRowSecurity, let step = try RowSecurity.pending(session) {
                try runner.take(step, if: { try RowSecurity.pending(session) != nil })
            }
            if finalizing, try mayFinalize(session) {
                try session.requireSession(for: "ending the old server's time")
                try adopter.finalize()
                // Those that waited for it.
                try migrator.migrate(runner)
            }
        }
    }

    private func migrator(_ session: SchemaConnection) -> Migrator {
        Migrator(connection: session, migrations: migrations)
    }

    private func pending(in state: SchemaState, _ session: SchemaConnection) throws -> [SchemaStep] {
        let steps = try structure(in: state, session)
        guard hasRowSecurity, let step = try RowSecurity.pending(session) else { return steps }
        return steps + [step]
    }

    private func structure(in state: SchemaState, _ session: SchemaConnection) throws -> [SchemaStep] {
        switch state {
        case .empty, .ours:
            return try migrator(session).pending().map(\.step)
        case .reference(let age), .adopting(let age):
            try requireTakeOver(state)
            let later = migrations.filter { $0.version > Adoption.version && !$0.needsSoleServer }
            return try Adopter(connection: session).pending(from: age).map(\.step) + later.map(\.step)
        case .foreign:
            throw SchemaRefusal("\(state)")
        }
    }

    private func summary(of state: SchemaState, _ session: SchemaConnection) throws -> String {
        guard case .ours = state, let history = try AdoptionHistory.current(session) else { return "\(state)" }
        let ending =
            if history.isFinalized {
                "it was the old server's once."
            } else if history.isFinalizing {
                "the old server cannot use it any more; finish with `replyhq migrate apply --finalize`."
            } else {
                "the old server can still use it, until `replyhq migrate apply --finalize`."
            }
        return "\(state) Taken over from \(history.age): \(ending)"
    }

    /// Whether an old server's time can be ended.
    private func mayFinalize(_ session: SchemaConnection) throws -> Bool {
        try AdoptionHistory.current(session).map { $0.isAdopted && !$0.isFinalized } ?? false
    }

    private func requireTakeOver(_ state: SchemaState) throws {
        guard !takesOver else { return }
        throw SchemaRefusal(
            "\(state) `replyhq migrate plan` shows how, and `replyhq migrate apply` does it; see docs/taking-over.md")
    }

    /// Lends a session on a thread that may block.
    func work<Value: Sendable>(
        _ body: @escaping @Sendable (SchemaConnection) throws -> Value
    ) async throws -> Value {
        let (connection, place) = (connection, place)
        return try await DedicatedThread.run(named: "pg-schema") {
            do {
                let session = try SchemaConnection(connection)
                defer { session.close() }
                return try body(session)
            } catch {
                throw SchemaRefusal("PostgreSQL database \(place): \(ErrorText.plain(error))")
            }
        }
    }
}

extension PostgresFactory: SchemaManaging {
    public func schema(_ context: PluginContext) throws -> any SchemaManager {
        let options = try PostgresOptions(context.settings)
        return PostgresSchema(connection: options.connection, hasRowSecurity: options.hasRowSecurity)
    }
}
