import NIOCore
import NIOEmbedded
import PluginAPI
import Testing

@testable import HostCore

@Suite("The connections of a listener")
struct ConnectionRegistryTests {
    @Test("only a connection that is open becomes a websocket, once, and only while its route is served")
    func webSockets() throws {
        let registry = ConnectionRegistry()
        let route = WebSocketRoute(owner: "test", endpoint: WebSocketEndpoint(paths: ["/ws"]) { _, _ in })
        let channel = EmbeddedChannel()
        #expect(!registry.becomesWebSocket(channel, of: route) { true } && registry.webSocketCount == 0)
        registry.add(channel)
        #expect(!registry.becomesWebSocket(channel, of: route) { false } && registry.webSocketCount == 0)
        for _ in 0..<2 { #expect(registry.becomesWebSocket(channel, of: route) { true }) }
        #expect(registry.webSocketCount == 1 && registry.count == 1)
        channel.close(promise: nil)
        channel.embeddedEventLoop.run()
        #expect(registry.webSocketCount == 0 && registry.count == 0)
        #expect(!registry.becomesWebSocket(channel, of: route) { true } && registry.webSocketCount == 0)
    }
}
