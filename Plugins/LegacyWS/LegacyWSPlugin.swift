import NIOCore
import PluginAPI
import ServiceLifecycle
import Synchronization

/// The running plugin: the endpoints for old clients and old dashboards, and what prepares their end.
final class LegacyWSPlugin: Plugin {
    private let context: PluginContext
    private let settings: LegacyWSSettings
    private let desk: LegacyDesk
    private let affected = AffectedDevices()
    private let recorder = Mutex<UsageRecorder?>(nil)

    init(context: PluginContext, settings: LegacyWSSettings) {
        self.context = context
        self.settings = settings
        let meters = LegacyMeters(context.metrics)
        let summary = LogSummary(
            logger: context.logger, clock: context.clock, eventLoop: context.eventLoops.next())
        desk = LegacyDesk(
            limits: settings.limits, addresses: AddressLimits(settings.addresses),
            monitor: LegacyMonitor(meters: meters, summary: summary, logger: context.logger),
            eventLoops: context.eventLoops)
    }

    func start() async throws {
        let chat = try context.require(.chat)
        let store = context.find(.store)
        let connections = DeviceConnections<ClientPeer>(
            mostPerDevice: settings.connectionsPerDevice, mostPerApp: settings.connectionsPerApp)
        let presence = context.follow(.presence) { _ in
            for peer in connections.all { peer.eventLoop.execute { peer.reportToPresence() } }
        }
        let client = ClientDoor(
            chat: chat,
            presence: presence,
            hub: context.hub,
            wire: context.wire(LegacyFormat.client),
            connections: connections,
            sunset: settings.sunset,
            refusals: RefusalCodes(apps: settings.tellsUnknownApps ? store : nil),
            usage: store.map { usage(in: $0, connections) },
            monitor: desk.monitor,
            clock: context.clock,
            logger: context.logger)
        let admin = AdminDoor(
            chat: chat,
            identity: context.follow(.adminIdentity),
            hub: context.hub,
            wire: context.wire(LegacyFormat.admin),
            sunset: settings.sunset,
            monitor: desk.monitor,
            clock: context.clock,
            logger: context.logger)
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
        let server = LegacyServer(context: context, desk: desk)
        try server.open(["/v1/realtime", "/api/v1/realtime"], client)
        try server.open(["/admin/realtime"], admin)
        context.control("connections") { [desk] _ in ["open": .int(Int64(desk.table.count))] }
        if let headers = SunsetHeaders(settings.sunset, affected: affected) {
            for prefix in ["/v1", "/api/v1"] { try context.middleware(under: prefix, headers) }
        }
    }

    private func usage(in store: any Store, _ connections: DeviceConnections<ClientPeer>) -> LegacyUsage {
        let recorder = UsageRecorder(
            store: store, clock: context.clock, eventLoop: context.eventLoops.next(), logger: context.logger
        ) {
            connections.onePerDevice.compactMap { peer in peer.software.map { (peer.device, $0) } }
        }
        self.recorder.withLock { $0 = recorder }
        return LegacyUsage(recorder: recorder, affected: affected)
    }

    /// Looks from time to time who still comes this way, for the metrics and for the headers.
    func run() async throws {
        guard let store = context.find(.store) else { return try await gracefulShutdown() }
        let census = LegacyCensus(
            store: store, clock: context.clock, meters: desk.monitor.meters,
            affected: settings.sunset.isAnnounced ? affected : nil, eventLoops: context.eventLoops,
            logger: context.logger)
        await cancelWhenGracefulShutdown { await census.run() }
    }

    /// Tells every peer that the server goes and closes it, one after the other over the window.
    func drain(until deadline: NIODeadline) async {
        let left = Duration.nanoseconds(max(0, (deadline - .now()).nanoseconds))
        desk.table.closeAll(over: min(settings.drainWindow ?? context.shutdown.notice, left / 2))
        await desk.table.waitUntilEmpty(by: deadline, on: context.eventLoops.next())
    }

    func stop() async {
        desk.table.closeAll(over: .zero)
        desk.monitor.close()
        let recorder = recorder.withLock { exchange(&$0, with: nil) }
        await recorder?.close(by: .now() + .seconds(5))
    }
}
