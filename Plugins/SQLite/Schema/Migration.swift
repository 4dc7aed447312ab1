import PluginAPI

/// One step of the schema. Once released it never changes: its checksum is kept in the databases that took it.
struct Migration: Sendable {
    var version: Int64
    var name: String
    var statements: String

    var checksum: String { Hex.encode(Digest.sha256(statements.utf8)) }

    /// All steps in order, numbered from 1 without gaps.
    static let all: [Migration] = [.initial]
}
