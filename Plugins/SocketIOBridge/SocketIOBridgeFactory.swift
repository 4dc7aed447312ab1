import PluginAPI

/// The image's entry.
@c(replyhq_plugin_socketiobridge)
public func replyhqPluginSocketIOBridge() -> UnsafeMutableRawPointer {
    PluginHandle.export { SocketIOBridgeFactory() }
}

/// Makes the way to Node servers during a migration.
public struct SocketIOBridgeFactory: PluginFactory {
    public let descriptor = PluginDescriptor(
        name: "SocketIOBridge",
        version: "0.1.0",
        summary: "Shares rooms with Node servers and emitters that speak the Socket.IO Redis adapter's format.",
        requires: [
            Capability<any OpenChannels>.openChannels.name,
            Capability<any SocketIOBroadcasting>.socketIOBroadcasts.name,
        ],
        settings: BridgeSettings.schema,
        metrics: BridgeMeters.help
    )

    public init() {}

    public func make(_ context: PluginContext) throws -> any Plugin {
        SocketIOBridgePlugin(settings: try BridgeSettings(context.settings), context: context)
    }
}
