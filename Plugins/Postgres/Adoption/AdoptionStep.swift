import PluginAPI

/// One step of taking a database over. Every step can be taken again, whole or after it stopped anywhere within.
struct AdoptionStep: Sendable {
    /// Unique among all steps of all ages.
    var name: String
    /// Run in order, each on its own.
    var statements: [String]
    /// One sentence: what the step locks and for how long.
    var locks: String
    /// Whether all statements share one transaction, in which the step is also recorded.
    var isTransactional = true
    /// How long one attempt waits for a lock, in milliseconds, 0 for no bound. While it waits for a table's strongest
    /// lock, everybody else waits behind it.
    var lockTimeout = 250
    /// The index that the step builds concurrently. A valid one is kept, what an interrupted build left is dropped.
    var index: String?

    /// SHA-256 of the statements in lower hex.
    var checksum: String { Hex.encode(Digest.sha256(statements.joined(separator: ";\n").utf8)) }
}

extension AdoptionStep {
    /// Changes of definitions: a moment under a table's strongest lock, nothing is read or rewritten.
    static func define(_ name: String, on table: String, _ statements: [String]) -> AdoptionStep {
        AdoptionStep(
            name: name, statements: statements,
            locks: "Locks \(table) against reading and writing for the moment of a change of the catalogue.")
    }

    /// An index dropped beside reads and writes, or the constraint that owns it.
    static func drop(_ index: Catalogue.Index, of table: String) -> AdoptionStep {
        let name = "\"\(index.name.replacing("\"", with: "\"\""))\""
        if index.isConstraint {
            return define("drop-\(index.name)", on: table, ["ALTER TABLE \(table) DROP CONSTRAINT IF EXISTS \(name)"])
        }
        return AdoptionStep(
            name: "drop-\(index.name)", statements: ["DROP INDEX CONCURRENTLY IF EXISTS \(name)"],
            locks: "Blocks neither reading nor writing \(table); waits for old transactions.",
            isTransactional: false, lockTimeout: 0)
    }

    /// An index built beside reads and writes.
    static func build(_ index: String, on table: String, _ keys: String, isUnique: Bool = false) -> AdoptionStep {
        AdoptionStep(
            name: "index-\(index)",
            statements: ["CREATE \(isUnique ? "UNIQUE " : "")INDEX CONCURRENTLY \(index) ON \(table) \(keys)"],
            locks: "Blocks neither reading nor writing \(table); takes two scans of it and waits for old transactions.",
            isTransactional: false, lockTimeout: 0, index: index)
    }

    /// A condition for all rows: at once for new ones, then checked for the others beside reads and writes.
    static func check(_ constraint: String, on table: String, _ condition: String) -> AdoptionStep {
        AdoptionStep(
            name: "check-\(constraint)",
            statements: [
                """
                ALTER TABLE \(table) DROP CONSTRAINT IF EXISTS \(constraint),
                    ADD CONSTRAINT \(constraint) CHECK (\(condition)) NOT VALID
                """,
                "ALTER TABLE \(table) VALIDATE CONSTRAINT \(constraint)",
            ],
            locks: "Locks \(table) for a moment, then reads it once without blocking reads or writes.",
            isTransactional: false)
    }

    /// The same step as one of those that end the old server.
    var final: AdoptionStep {
        var step = self
        step.name = Adoption.finalPrefix + name
        return step
    }
}
