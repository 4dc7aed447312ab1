import Testing

/// Tests with a whole cluster each: one after the other, so that its servers leave the others their time.
@Suite("Redis Cluster", .serialized)
enum RedisClusterSuites {}
