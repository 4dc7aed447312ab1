import PluginAPI

/// Describes the example and makes it.
struct EchoFactory: PluginFactory {
    private static let timeouts = Duration.milliseconds(100)...Duration.seconds(60)

    static let schema: SettingsSchema = [
        .byteCount(
            "max_text", default: 1024, in: 1...65_536, "The longest text that GET /echo answers, in bytes of UTF-8."),
        .duration(
            "ping_timeout", default: .milliseconds(200), in: timeouts, "From a ping to the close of a silent peer."),
        .duration("connect_timeout", default: .seconds(1), in: timeouts, "Until a peer must have joined a namespace."),
    ]

    var descriptor: PluginDescriptor {
        PluginDescriptor(
            name: "Echo",
            version: "0.1.0",
            summary: "An example: sends back whatever it is sent.",
            requires: [Capability.socketIO.name],
            settings: Self.schema)
    }

    func make(_ context: PluginContext) throws -> any Plugin {
        EchoPlugin(
            context,
            maxText: try context.settings.byteCount("max_text"),
            timings: try EchoPlugin.timings(context.settings))
    }
}

/// The entry of `libEcho.so`: `replyhq_plugin_` and the plugin's name in lower case.
@c(replyhq_plugin_echo)
public func entry() -> UnsafeMutableRawPointer { PluginHandle.export { EchoFactory() } }

/// The example as a running plugin. It opens nothing of its own, so it needs no `stop()`: the host takes back what was
/// contributed through the context.
final class EchoPlugin: Plugin {
    private let context: PluginContext
    private let maxText: Int
    private let timings: EngineIOTimings

    init(_ context: PluginContext, maxText: Int, timings: EngineIOTimings) {
        self.context = context
        self.maxText = maxText
        self.timings = timings
    }

    func start() async throws {
        let socketIO = try context.require(.socketIO)
        try socketIO.open(Self.socketIO(timings), for: context)
        try socketIO.open(Self.engineIO(timings), for: context)
        let routes = EchoRoutes(maxText: maxText)
        try context.routes { routes.declare(on: $0) }
    }
}
