import PluginAPI
import Synchronization

/// Shares the rooms of Socket.IO with Node servers that use the Redis adapter, and with programs that emit through it.
final class SocketIOBridgePlugin: Plugin {
    private let settings: BridgeSettings
    private let context: PluginContext
    private let listening = Mutex<(any OpenChannelListening)?>(nil)

    init(settings: BridgeSettings, context: PluginContext) {
        self.settings = settings
        self.context = context
    }

    func start() async throws {
        let channels = try context.require(.openChannels)
        let broadcasts = try context.require(.socketIOBroadcasts)
        let complaints = Complaints(logger: context.logger, clock: context.clock)
        let meters = BridgeMeters(metrics: context.metrics)
        let inbound = Inbound(
            settings: settings, broadcasts: broadcasts, context: context, complaints: complaints, meters: meters)
        // Also without `receive`, where it hears nothing: whether the server carries such channels is found out now.
        let patterns = settings.receives ? settings.channels.map(\.pattern) : []
        let listening = try channels.listen(to: patterns) { [receives = settings.receives] event in
            if receives { inbound.heard(event) }
        }
        self.listening.withLock { $0 = listening }
        guard settings.sends else { return }
        let outbound = Outbound(
            settings: settings, broadcasts: broadcasts, channels: channels, complaints: complaints, meters: meters)
        context.subscribeToPublications { outbound.published($0) }
    }

    func stop() async {
        listening.withLock { $0.take() }?.close()
    }
}
