import NIOCore
import PluginAPI
import Synchronization

/// The running plugin: the two namespaces of the product on both paths, and endpoints for others.
final class SocketIOPlugin: Plugin {
    private let context: PluginContext
    private let settings: SocketIOSettings
    private let server: SocketIOServer
    private let usage = Mutex<UsageRecorder?>(nil)
    /// The endpoint of the product's own namespaces, once it is open.
    private let endpoint = Mutex<EndpointCore?>(nil)

    init(context: PluginContext, settings: SocketIOSettings) {
        self.context = context
        self.settings = settings
        server = SocketIOServer(
            context: context, outboundLimit: settings.outboundLimit, limits: settings.addresses)
    }

    func start() async throws {
        try context.provide(server as any SocketIOServing, as: .socketIO)
        // Without a chat there are only the endpoints of other plugins.
        guard let chat = context.find(.chat) else { return }
        let connections = DeviceConnections<ClientHandler>(
            mostPerDevice: settings.connectionsPerDevice, mostPerApp: settings.connectionsPerApp)
        let usage = context.find(.store).map { recorder(in: $0, connections) }
        self.usage.withLock { $0 = usage }
        let presence = context.follow(.presence) { _ in
            for handler in connections.all { handler.eventLoop.execute { handler.reportToPresence() } }
        }
        let (clientFormat, adminFormat) = (ClientFormat(), AdminFormat())
        let (clientWire, adminWire) = (context.wire(clientFormat), context.wire(adminFormat))
        let client = ClientNamespace(
            chat: chat,
            presence: presence,
            hub: context.hub,
            wire: clientWire,
            connections: connections,
            rates: settings.rates,
            usage: usage,
            monitor: server.shared.monitor,
            clock: context.clock,
            logger: context.logger
        )
        let admin = AdminNamespace(
            chat: chat,
            presence: presence,
            identity: context.follow(.adminIdentity),
            hub: context.hub,
            wire: adminWire,
            rates: settings.rates,
            monitor: server.shared.monitor,
            clock: context.clock,
            logger: context.logger
        )
        let follow: @Sendable (DomainEvent) -> Void = { event in
            switch event {
            case .conversationOpened(let conversation, _): client.conversationOpened(conversation)
            case .accessRevoked(let app, let keyHolds):
                client.accessRevoked(of: app)
                if !keyHolds { admin.keyRevoked(of: app) }
            default: return
            }
        }
        context.subscribe(follow)
        // The device may have sockets here and have asked another node.
        context.subscribeToOtherNodes(follow)
        let core = server.core(settings.timings, [client.namespace, admin.namespace])
        endpoint.withLock { $0 = core }
        try server.open(core, paths: ["/v1/socket.io", "/api/v1/socket.io"], for: context) { upgrade in
            usage?.known(ClientSoftware(socketIO: upgrade))
        }
        let broadcasts = SocketIOBroadcasts(
            [
                SocketIOBroadcasts.Place(
                    namespace: ClientFormat.namespace, format: clientFormat, wire: clientWire,
                    roomKinds: ["conversation:"]),
                SocketIOBroadcasts.Place(
                    namespace: AdminFormat.namespace, format: adminFormat, wire: adminWire,
                    roomKinds: ["conversation:", "app:"]),
            ], hub: context.hub, server: server, core: core)
        try context.provide(broadcasts as any SocketIOBroadcasting, as: .socketIOBroadcasts)
    }

    private func recorder(in store: any Store, _ connections: DeviceConnections<ClientHandler>) -> UsageRecorder {
        UsageRecorder(
            store: store, clock: context.clock, eventLoop: context.eventLoops.next(), logger: context.logger
        ) {
            connections.onePerDevice.compactMap { handler in handler.software.map { (handler.device, $0) } }
        }
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
            try? await context.eventLoops.pause(for: min(policy.notice, left))
        }
        server.closeAll()
    }

    func stop() async {
        server.stop()
        await usage.withLock { exchange(&$0, with: nil) }?.close(by: .now() + .seconds(5))
    }
}
