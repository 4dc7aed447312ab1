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
