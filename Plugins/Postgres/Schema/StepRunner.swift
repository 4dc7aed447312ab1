import PluginAPI

/// Takes one step of the schema so that other sessions never wait long for a lock.
///
/// A change of a table's definition needs its strongest lock. While that is waited for, every later request for a lock on
/// the table waits behind it; so it is waited for a moment only, and asked for again after a pause.
struct StepRunner {
    let connection: SchemaConnection
    /// How long a statement within a transaction waits for a lock.
    var lockTimeout: Duration = .seconds(2)
    /// How often a transaction is tried; between the attempts others go on.
    var attempts = 60
    var pause: Duration = .seconds(1)
    var progress: (SchemaProgress) -> Void = { _ in }

    /// Runs a step and tells when it begins and when it is done.
    ///
    /// - Parameters:
    ///   - isPending: Asked under the lock: another process may have taken the step meanwhile.
    ///   - record: Runs with the statements: in the same transaction if the step has one, in that of the last statement behind
    ///     a pooler, else after them.
    /// - Throws: ``SchemaError`` of the statement that failed, or of the lock that was not to be had; ``SchemaRefusal``.
    func take(
        _ step: SchemaStep, if isPending: () throws -> Bool = { true }, record: () throws -> Void = {}
    ) throws {
        let began = ContinuousClock.now
        progress(.began(step))
        try run(step, isPending, record)
        progress(.finished(step, after: ContinuousClock.now - began))
    }

    private func run(_ step: SchemaStep, _ isPending: () throws -> Bool, _ record: () throws -> Void) throws {
        if step.isTransactional {
            try inTransaction(step, isPending) {
                for statement in step.statements { try connection.execute(statement) }
                try record()
            }
        } else if connection.isPooled {
            try runOneByOne(step, isPending, record)
        } else {
            try runApart(step, isPending, record)
        }
    }

    /// Runs a body in a transaction that holds the schema's lock, again if other sessions' locks are in its way.
    private func inTransaction(_ step: SchemaStep, _ isPending: () throws -> Bool, _ body: () throws -> Void) throws {
        var remaining = attempts
        while true {
            do {
                return try SchemaLock.withinTransaction(of: connection, progress: progress) {
                    guard try isPending() else { return }
                    try connection.execute("SET LOCAL lock_timeout = \(lockTimeout.wholeMilliseconds)")
                    try body()
                }
            } catch let error as SchemaError where error.isPassing && remaining > 1 {
                remaining -= 1
                progress(.waiting("\(step.name): a table is in use by a long transaction"))
                DedicatedThread.pause(pause)
            }
        }
    }

    /// Behind a pooler, where nothing outlasts a transaction, and none can build an index beside writes.
    ///
    /// Each statement has a transaction of its own. In one for all, the lock of a build, which holds up writing, would be
    /// kept until the last statement has its lock, and the builds would be lost if it does not get it.
    private func runOneByOne(_ step: SchemaStep, _ isPending: () throws -> Bool, _ record: () throws -> Void) throws {
        for (index, statement) in step.statements.enumerated() {
            try inTransaction(step, isPending) { try dropRemains(of: step) }
            try inTransaction(step, isPending) {
                try connection.execute(Self.withinTransaction(statement))
                if index == step.statements.count - 1 { try record() }
            }
        }
    }

    private static func withinTransaction(_ statement: String) -> String {
        statement.replacing(" INDEX CONCURRENTLY ", with: " INDEX ")
    }

    /// Without a limit for locks: a concurrent index build waits for older transactions, and no session waits for it.
    private func runApart(_ step: SchemaStep, _ isPending: () throws -> Bool, _ record: () throws -> Void) throws {
        guard try isPending() else { return }
        try connection.execute("SET lock_timeout = 0")
        try dropRemains(of: step)
        for statement in step.statements { try connection.execute(statement) }
        try record()
    }

    /// An index build that was interrupted leaves an invalid index that takes the name.
    private func dropRemains(of step: SchemaStep) throws {
        let invalid = try connection.query(
            """
            SELECT i.relname, quote_ident(i.relname) FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
            WHERE NOT x.indisvalid AND i.relnamespace = current_schema()::regnamespace
            """)
        let words = Set(step.statements.flatMap { $0.split { !$0.isLetter && !$0.isNumber && $0 != "_" } })
        for row in invalid {
            guard let name = row[0], let quoted = row[1], words.contains(Substring(name)) else { continue }
            let drop = "DROP INDEX CONCURRENTLY IF EXISTS \(quoted)"
            try connection.execute(connection.isPooled ? Self.withinTransaction(drop) : drop)
        }
    }
}
