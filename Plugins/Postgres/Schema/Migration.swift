import PluginAPI

/// One step of the schema. Once released it never changes: its checksum is kept in the databases that took it.
struct Migration: Sendable {
    var version: Int64
    var name: String
    /// Run in order, each on its own.
    var statements: [String]
    /// One sentence: what the step locks and for how long.
    var locks: String
    /// Whether all statements share one transaction. One that is not can be run again after it stopped halfway.
    var isTransactional: Bool
    /// Whether it cannot be taken while an old server uses the database, too: it waits until the takeover is finalized.
    var needsSoleServer = false

    /// SHA-256 of the statements in lower hex.
    var checksum: String { Hex.encode(Digest.sha256(statements.joined(separator: ";\n").utf8)) }

    /// All steps in order, numbered from 1 without gaps.
    static let all: [Migration] = [
        .initial, .deviceSecret, .presence, .transportUses, .pushOutbox, .serverLeases, .pushTokenDigest,
    ]
}
