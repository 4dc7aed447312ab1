import StoreConformance
import Testing

/// Everything about an old server's database. One test at a time: each takes a good part of the cluster.
@Suite("Taking over", .serialized)
enum TakingOver {
    /// What is not kept while the old server may run beside. Its unique key on local ids over all conversations stands
    /// until the end: a send answers `CONFLICT` (``OldServerBesideTests/localIDs(_:)``). So does its index of push tokens,
    /// which takes none of more than 2,704 bytes.
    static let notYet: Set = ["the same local id elsewhere is another message", StoreRule.longTokens]
}
