import NIOCore
import PluginAPI
import Synchronization

/// The running plugin: the two namespaces of the product on both paths, and endpoints for others.
final class SocketIOPlugin: Plugin {
    private let context: PluginContext
    private let settings: SocketIOSettings
    private let server: SocketIOServer
    /// The endpoint of the product's own namespaces, once it is open.
    private let endpoint = Mutex<EndpointCore?>(nil)

    init(context: PluginContext, settings: SocketIOSettings) {
        self.context = context
        self.settings = settings
        server = SocketIOServer(context: context, outboundLimit: settings.outboundLimit)
    }

    func start() async throws {
        try context.provide(server as any SocketIOServing, as: .socketIO)
        // Without a chat there are only the endpoints of other plugins.
        guard let chat = context.find(.chat) else { return }
        let registry = ClientRegistry(
            mostPerDevice: settings.connectionsPerDevice,
            mostPerApp: settings.connectionsPerApp
        )
        let presence = context.follow(.presence) { _ in registry.presenceChanged() }
        let client = ClientNamespace(
            chat: chat,
            presence: presence,
            hub: context.hub,
            wire: context.wire(ClientFormat()),
            registry: registry,
            rates: settings.rates,
            clock: context.clock,
            logger: context.logger
        )
        let admin = AdminNamespace(
            chat: chat,
            presence: presence,
            identity: context.follow(.adminIdentity),
            hub: context.hub,
            wire: context.wire(AdminFormat()),
            rates: settings.rates,
            clock: context.clock,
            logger: context.logger
        )
        context.subscribe { event in
            if case .conversationOpened(let conversation, _) = event { client.conversationOpened(conversation) }
        }
        let core = EndpointCore(
            timings: settings.timings,
            namespaces: [client.namespace, admin.namespace],
            eventLoops: context.eventLoops
        )
        endpoint.withLock { $0 = core }
        try server.open(core, paths: ["/v1/socket.io", "/api/v1/socket.io"], for: context)
    }

    /// Tells every peer to come back elsewhere, at a time of its own, and closes once they have had time to hear it.
    func drain(until deadline: NIODeadline) async {
        guard let core = endpoint.withLock({ $0 }) else { return server.closeAll() }
        let policy = context.shutdown
        let delays =
            policy.reconnectDelay.lowerBound.wholeMilliseconds...policy.reconnectDelay.upperBound.wholeMilliseconds
        let count = await server.connections(of: core) { connection in
            for socket in connection.joinedSockets {
                let delay = Duration.milliseconds(Int64.random(in: delays))
                let replies = SocketReplies(namespace: socket.namespace)
                socket.send(replies.serverShutdown(reconnectAfter: delay))
            }
        }
        if count > 0 {
            let left = Duration.nanoseconds(max(0, (deadline - .now()).nanoseconds))
            // Cancelled when the process is forced to end; then there is nothing to wait for.
            try? await Task.sleep(for: min(policy.notice, left))
        }
        server.closeAll()
    }

    func stop() async {
        server.closeAll()
    }
}
