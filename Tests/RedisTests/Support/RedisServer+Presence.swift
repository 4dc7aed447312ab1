import PluginAPI
import Testing

@testable import RedisPlugin

/// Lends a directory on a server of its own.
func withDirectory(
    isolation: isolated (any Actor)? = #isolation,
    _ body: (RedisPresenceDirectory, RedisServer) async throws -> Void
) async throws {
    let server = try await RedisServer()
    try await withClient(server.options) { client in
        try await client.connect()
        try await body(RedisPresenceDirectory(client: client, prefix: "rq:"), server)
    }
}

extension RedisPresenceDirectory {
    /// Gives leases up, with all the time in the world to settle the devices.
    func release(_ connections: [ConnectionInfo], by node: NodeID) async throws {
        try await release(connections, by: node, settlingWithin: .seconds(3_600))
    }
}
