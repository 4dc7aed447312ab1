import PluginAPI

/// One step of the schema. Once released it never changes: its checksum is kept in the databases that took it.
struct Migration: Sendable {
    var version: Int64
    var name: String
    var statements: String

    var checksum: String { Hex.encode(Digest.sha256(statements.utf8)) }

    /// The step as reports show it.
    var step: SchemaStep {
        SchemaStep(
            name: "\(version) \(name)", locks: "Holds the file's write lock until it is done; readers go on.",
            statements: [statements], isTransactional: true)
    }

    /// All steps in order, numbered from 1 without gaps.
    static let all: [Migration] = [.initial, .deviceSecret, .keys, .transportUses, .pushOutbox, .checks, .pushLeases]
}
