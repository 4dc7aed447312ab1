import ClusterConformance
import PluginAPI
import Testing

@testable import RedisPlugin

@Suite("Redis: conformance", .timeLimit(.minutes(10)))
struct ConformanceTests {
    @Test("its directory keeps the rule", arguments: DirectoryRule.all)
    func keeps(_ rule: DirectoryRule) async throws {
        try await withDirectory { directory, _ in try await rule.check(directory) }
    }

    @Test("its broker keeps the rule", arguments: BrokerRule.all)
    func keeps(_ rule: BrokerRule) async throws {
        let server = try await RedisServer()
        try await withClient(server.options) { one in
            try await withClient(server.options) { other in
                try await one.connect()
                try await other.connect()
                try await rule.check(
                    RedisBroker(client: one, prefix: "rq:", database: 0),
                    RedisBroker(client: other, prefix: "rq:", database: 0))
            }
        }
    }
}
