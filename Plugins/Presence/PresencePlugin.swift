import PluginAPI
import Synchronization

/// Presence as a running plugin.
final class PresencePlugin: Plugin {
    /// One for all instances of a process: one that is started anew renews the leases of the one before, which would
    /// else run out as those of a node that died.
    private static let processNode = NodeID.random()
    /// So long before the host's patience ends it ends by itself.
    private static let margin = TimeAmount.milliseconds(200)
    /// A node that lives has announced who is gone by then.
    private static let settleMargin: Duration = .seconds(2)
    /// How long a stop waits for the directory if no drain came before.
    private static let stopPatience = TimeAmount.seconds(1)

    private let context: PluginContext
    private let offlineGrace: Duration
    private let lease: Duration
    private let service = Mutex<PresenceService?>(nil)

    init(context: PluginContext, offlineGrace: Duration, lease: Duration) {
        self.context = context
        self.lease = lease
        self.offlineGrace = offlineGrace
    }

    func start() async throws {
        let service = PresenceService(
            hub: context.hub, eventLoop: context.eventLoops.next(), offlineGrace: offlineGrace)
        self.service.withLock { $0 = service }
        if let directory = context.find(.presenceDirectory) { service.follow(link(to: directory, of: service)) }
        try context.provide(service, as: .presence)
    }

    func drain(until deadline: NIODeadline) async {
        await service.withLock { $0 }?.close(until: deadline - Self.margin)
    }

    func stop() async {
        await service.withLock { $0.take() }?.close(until: .now() + Self.stopPatience)
    }

    private func link(to directory: any PresenceDirectory, of service: PresenceService) -> PresenceLink {
        PresenceLink(
            directory: directory,
            node: Self.processNode,
            lease: lease,
            shortLease: max(offlineGrace, .seconds(1)),
            settleLimit: offlineGrace + Self.settleMargin,
            eventLoop: context.eventLoops.next(),
            health: context.health,
            logger: context.logger,
            connections: { [weak service] in service?.localConnections ?? [] },
            announce: { [hub = context.hub] event in hub.publish(event, to: [.app(event.app)]) })
    }
}
