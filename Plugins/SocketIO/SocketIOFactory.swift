import PluginAPI

/// The image's entry.
@c(replyhq_plugin_socketio)
public func replyhqPluginSocketIO() -> UnsafeMutableRawPointer {
    PluginHandle.export { SocketIOFactory() }
}

struct SocketIOFactory: PluginFactory {
    let descriptor = PluginDescriptor(
        name: "SocketIO",
        version: "0.1.0",
        summary: "Engine.IO 4 and Socket.IO 5 over websocket: /client and /admin, and endpoints for other plugins.",
        provides: ["socketio", Capability<any SocketIOBroadcasting>.socketIOBroadcasts.name],
        wants: ["chat", "store", "bus"],
        follows: ["presence", "admin-identity"],
        settings: SocketIOSettings.schema,
        metrics: SocketIOMeters.help
    )

    func make(_ context: PluginContext) throws -> any Plugin {
        SocketIOPlugin(context: context, settings: try SocketIOSettings(context.settings))
    }
}
