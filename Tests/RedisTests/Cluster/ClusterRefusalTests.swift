import PluginAPI
import Testing

@testable import RedisPlugin

extension RedisClusterSuites {
    @Suite("Redis Cluster: nodes that answer and refuse", .timeLimit(.minutes(10)))
    struct ClusterRefusalTests {
        @Test(
            "one node that lets nobody subscribe keeps the whole from being connected, in its words and with its place")
        func channels() async throws {
            let cluster = try await RedisCluster()
            let odd = cluster.masters[1]
            for right in ["resetchannels", "-spublish", "-sunsubscribe"] {
                _ = try await cluster.ask(odd, ["ACL", "SETUSER", "default", "allchannels", "+@all"])
                _ = try await cluster.ask(odd, ["ACL", "SETUSER", "default", right])
                try await withClient(cluster.options.patient) { client in
                    try await until("\(right) is said") {
                        await client.currentStatus().failure?.kind == .refused("NOPERM")
                    }
                    #expect(await client.currentStatus().isConnected == false)
                    _ = try await cluster.ask(odd, ["ACL", "SETUSER", "default", "allchannels", "+@all"])
                    try await client.connect()
                }
            }
        }

        @Test("one node without memory leaves it connected, and is named with its words")
        func memory() async throws {
            let cluster = try await RedisCluster()
            let full = cluster.masters[2]
            try await withClient(cluster.options.patient) { client in
                try await client.connect()
                _ = try await cluster.ask(full, ["CONFIG", "SET", "maxmemory", "1"])
                try await until("it is said") { await client.currentStatus().refusal?.kind == .refused("OOM") }
                let status = await client.currentStatus()
                #expect(status.isConnected && !status.takesWrites)
                #expect(status.refusal?.description.contains("(127.0.0.1:\(full.port))") == true)
                _ = try await cluster.ask(full, ["CONFIG", "SET", "maxmemory", "0"])
                try await until("it is over") { await client.currentStatus().takesWrites }
            }
        }
    }
}
