import PluginAPI

/// Takes the steps of ``Adoption``, those that were not taken yet, in order.
///
/// It blocks its thread. Its caller holds the lock that keeps other nodes from changing the schema. After any failure,
/// even of the process, it can be run again and goes on where it stopped.
struct Adopter {
    /// Attempts to get a lock, half a second apart: what holds a table for two minutes is for the operator to look at.
    private static let attempts = 240
    private static let pause: Duration = .milliseconds(500)

    let connection: SchemaConnection
    var progress: (AdoptionProgress) -> Void = { _ in }

    /// The steps that a database of that age has still to take before both servers can run. Throws ``AdoptionError``
    /// when rows stand in the way of the first, ``SchemaError`` for all else.
    func pending(from age: SchemaAge) throws -> [AdoptionStep] {
        guard let history = try AdoptionHistory.current(connection) else {
            let obstacles = try Adoption.obstacles(connection)
            guard obstacles.isEmpty else { throw AdoptionError(obstacles) }
            return Adoption.plan(for: age)
        }
        return Adoption.plan(for: history.age).filter { !history.contains($0) }
    }

    /// Makes the old server's database ours and leaves it the old server's. Throws as ``pending(from:)`` does.
    func adopt(from age: SchemaAge) throws {
        try take(try pending(from: age), age: try AdoptionHistory.current(connection)?.age ?? age)
    }

    /// The steps that ``finalize()`` would take. Throws as it does.
    func finalPending() throws -> [AdoptionStep] {
        guard let history = try AdoptionHistory.current(connection), history.isAdopted else {
            throw AdoptionError(["it was not taken over from an old server, or not yet to the end"])
        }
        return Adoption.finalizing(try Catalogue(reading: connection)).filter { !history.contains($0) }
    }

    /// Ends the old server's time: afterwards it can no longer run on the database. Throws ``AdoptionError`` unless the
    /// database is adopted, ``SchemaError`` for all else.
    func finalize() throws {
        try take(try finalPending(), age: try AdoptionHistory.current(connection)?.age ?? .rowSecurity)
    }

    private func take(_ steps: [AdoptionStep], age: SchemaAge) throws {
        for (place, step) in steps.enumerated() {
            let began = ContinuousClock.now
            progress(.began(step, number: place + 1, of: steps.count))
            try connection.execute("SET lock_timeout = \(step.lockTimeout)")
            if !step.isTransactional { try runStatements(of: step) }
            try retrying(step) {
                try connection.transaction {
                    if step.isTransactional { try runAll(step) }
                    if step.name == Adoption.lastStep { try recordVersion() }
                    try AdoptionHistory.record(step, age: age, on: connection)
                }
            }
            progress(.finished(step, after: ContinuousClock.now - began))
        }
    }

    /// From here on the database is ours, with later steps of the schema to come.
    private func recordVersion() throws {
        let migrator = Migrator(connection: connection)
        let known = Set(try migrator.applied().map(\.version))
        for migration in Migration.all where migration.version <= Adoption.version {
            if !known.contains(migration.version) { try migrator.record(migration) }
        }
    }

    private func runAll(_ step: AdoptionStep) throws {
        for (index, statement) in step.statements.enumerated() {
            progress(.statement(step, index: index))
            try connection.execute(statement)
        }
    }

    private func runStatements(of step: AdoptionStep) throws {
        if let index = step.index, try isReady(index) { return }
        for (index, statement) in step.statements.enumerated() {
            progress(.statement(step, index: index))
            try retrying(step) { try connection.execute(statement) }
        }
    }

    /// Whether the index is there and sound. What is left of a build that was interrupted is dropped.
    private func isReady(_ index: String) throws -> Bool {
        let found = try connection.query(
            "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(quote_ident($1))", [index])
        guard let isValid = found.first?.first else { return false }
        if isValid == "t" { return true }
        try connection.execute("DROP INDEX CONCURRENTLY \(index)")
        return false
    }

    private func retrying(_ step: AdoptionStep, _ body: () throws -> Void) throws {
        var attempt = 1
        while true {
            do {
                return try body()
            } catch let error as SchemaError where error.isPassing && attempt < Self.attempts {
                progress(.waiting(step, attempt: attempt))
                attempt += 1
                DedicatedThread.pause(Self.pause)
            }
        }
    }
}
