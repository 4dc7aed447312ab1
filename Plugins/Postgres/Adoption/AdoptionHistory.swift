/// What was done to take a database over, as its table `schema_adoption` tells.
struct AdoptionHistory: Sendable, Equatable {
    struct Step: Sendable, Equatable {
        var name: String
        var checksum: String
    }

    /// What the database was.
    var age: SchemaAge
    /// In the order in which they were taken.
    var steps: [Step] = []

    /// All is in place and both servers can run.
    var isAdopted: Bool { steps.contains { $0.name == Adoption.lastStep } }
    /// The old server can no longer run.
    var isFinalized: Bool { steps.contains { $0.name == Adoption.lastFinalStep } }
    /// The way back to the old server is closed, although finalizing may have stopped halfway.
    var isFinalizing: Bool { steps.contains { $0.name.hasPrefix(Adoption.finalPrefix) } }

    /// A step that was taken with other statements, by an older version of this server, counts as not taken: all can
    /// be taken again.
    func contains(_ step: AdoptionStep) -> Bool {
        steps.contains(Step(name: step.name, checksum: step.checksum))
    }
}

extension AdoptionHistory {
    /// The table that is read and written here.
    static let table = """
        CREATE TABLE IF NOT EXISTS schema_adoption (
            number integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            name text NOT NULL UNIQUE,
            age integer NOT NULL,
            checksum text NOT NULL,
            applied_at timestamp(3) NOT NULL
        )
        """

    /// How the database was taken over; nil if it was always ours. Throws ``SchemaError``.
    static func current(_ connection: SchemaConnection) throws -> AdoptionHistory? {
        let exists = try connection.query("SELECT to_regclass('schema_adoption') IS NOT NULL").first?.first == "t"
        return exists ? try AdoptionHistory(reading: connection) : nil
    }

    /// Nil when nothing was recorded. Throws ``SchemaError``, also when the table is absent.
    init?(reading connection: SchemaConnection) throws {
        let rows = try connection.query("SELECT name, checksum, age FROM schema_adoption ORDER BY number")
        guard let number = rows.first?[2].flatMap({ Int($0) }), let age = SchemaAge(rawValue: number) else {
            return nil
        }
        self.age = age
        steps = rows.map { Step(name: $0[0] ?? "", checksum: $0[1] ?? "") }
    }

    /// Notes a step, in the transaction that is open if there is one.
    static func record(_ step: AdoptionStep, age: SchemaAge, on connection: SchemaConnection) throws {
        _ = try connection.query(
            """
            INSERT INTO schema_adoption (name, age, checksum, applied_at)
            VALUES ($1, $2::integer, $3, (now() AT TIME ZONE 'UTC'))
            ON CONFLICT (name) DO UPDATE SET checksum = excluded.checksum, applied_at = excluded.applied_at
            """,
            [step.name, "\(age.rawValue)", step.checksum])
    }
}
