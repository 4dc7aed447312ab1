import HTTPTypes
import NIOCore
import PluginAPI

/// Puts the endpoints on the shared listener.
struct LegacyServer {
    let context: PluginContext
    let desk: LegacyDesk

    /// Serves paths. Every upgrade within the limits of its address is accepted: the reason for a refusal is sent in
    /// frames, as old clients expect it.
    func open(_ paths: [String], _ door: some LegacyDoor) throws {
        let failed: @Sendable (RealtimeConnection.Failure) -> ByteBuffer? = { [monitor = desk.monitor] failure in
            guard case .outboundLimit = failure else { return nil }
            monitor.closed(.backpressure)
            return LegacyClose.backpressure.frames
        }
        let endpoint = WebSocketEndpoint(paths: paths) { [desk] upgrade in
            guard let refusal = desk.addresses.admit(upgrade.clientAddress, at: .now()) else { return .accept() }
            desk.monitor.refused(refusal.excess, from: upgrade.clientAddress)
            return .refuse(refusal)
        } install: { [hub = context.hub, desk] channel, upgrade in
            guard let rooms = hub.rooms(on: channel.eventLoop) else { throw ChannelError.operationUnsupported }
            let outlet = RealtimeConnection(
                id: ConnectionID(rawValue: IDGenerator.connection()),
                rooms: rooms,
                outboundLimit: desk.limits.outboundLimit,
                isEncrypted: upgrade.isEncrypted,
                failed: failed)
            let transport = LegacyTransport(
                desk: desk, outlet: outlet, rooms: rooms, clientAddress: upgrade.clientAddress)
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandler(outlet)
            try pipeline.addHandler(transport)
            transport.open(door, LegacyRequest(upgrade))
        }
        try context.webSocket(endpoint)
        try context.routes { router in
            for path in paths { router.get(RouterPath(path)) { _, _ in Self.notUpgraded } }
        }
    }

    /// What a request gets that is no upgrade.
    private static var notUpgraded: Response {
        .error(
            .upgradeRequired, code: "UPGRADE_REQUIRED", "Upgrade required",
            message: "This path is a websocket; new clients use Socket.IO at \(SunsetPolicy.replacement)")
    }
}
