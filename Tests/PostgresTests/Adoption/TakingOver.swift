import Testing

/// Everything about an old server's database. One test at a time: each takes a good part of the cluster.
@Suite("Taking over", .serialized)
enum TakingOver {}
