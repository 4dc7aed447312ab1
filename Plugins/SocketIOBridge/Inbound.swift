import PluginAPI
import Synchronization

/// From the old servers to the sockets of this node. Each node hears the channels itself, so nothing of it goes over the
/// nodes' own bus.
final class Inbound: Sendable {
    private struct State {
        var rules = InboundRules()
        /// Since when nothing comes; nil: it comes.
        var deafSince: NIODeadline?
    }

    private let settings: BridgeSettings
    private let broadcasts: any SocketIOBroadcasting
    private let hub: RealtimeHub
    private let health: PluginHealth
    private let logger: Logger
    private let complaints: Complaints
    private let meters: BridgeMeters
    /// Touched by one event at a time; the lock is never contended.
    private let state = Mutex(State())

    init(
        settings: BridgeSettings, broadcasts: any SocketIOBroadcasting, context: PluginContext, complaints: Complaints,
        meters: BridgeMeters
    ) {
        self.settings = settings
        self.broadcasts = broadcasts
        hub = context.hub
        health = context.health
        logger = context.logger
        self.complaints = complaints
        self.meters = meters
    }

    func heard(_ event: OpenChannelEvent) {
        switch event {
        case .listening: listening()
        case .lost(let reason): lost(reason)
        case .received(let message): received(message)
        }
    }

    private func received(_ message: BrokerMessage) {
        guard let channel = settings.channels.first(where: { $0.carries(message.channel) }) else { return }
        let adapterMessage: AdapterMessage
        do throws(AdapterMessage.Refusal) {
            adapterMessage = try AdapterMessage(
                message.body, namespace: channel.namespace, longest: settings.longest)
        } catch {
            meters.refused(1)
            complaints.warn(
                "A broadcast of another server or program was passed over",
                ["channel": "\(message.channel.prefix(200))", "reason": "\(error)"])
            return
        }
        if channel.isRepeat(of: adapterMessage.broadcast, on: message.channel) { return }
        switch state.withLock({ $0.rules.step(adapterMessage) }) {
        case .pass: return
        case .stored(let conversation, let app): hub.storedElsewhere(in: conversation, of: app)
        case .deliver(let broadcast): broadcasts.deliver(broadcast)
        }
        meters.received(1)
    }
}

// MARK: The connection

extension Inbound {
    private func listening() {
        let since = state.withLock { state in
            return exchange(&state.deafSince, with: nil)
        }
        logger.log(level: since == nil ? .notice : .warning, "Broadcasts of old servers are heard")
        health.recovered()
        // Messages that they stored meanwhile.
        if let since { hub.missedElsewhere(since: since) }
    }

    private func lost(_ reason: String) {
        state.withLock { $0.deafSince = $0.deafSince ?? .now() }
        logger.warning("Broadcasts of old servers are not heard; retrying", metadata: ["reason": "\(reason)"])
        health.degraded("Broadcasts of old servers are not heard: \(reason)")
    }
}
