import PluginAPI

/// Describes the example and makes it.
struct EchoFactory: PluginFactory {
    static let schema: SettingsSchema = [
        .byteCount(
            "max_text", default: 1024, in: 1...65_536, "The longest text that GET /echo answers, in bytes of UTF-8.")
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
        EchoPlugin(context, maxText: try context.settings.byteCount("max_text"))
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

    init(_ context: PluginContext, maxText: Int) {
        self.context = context
        self.maxText = maxText
    }

    func start() async throws {
        let socketIO = try context.require(.socketIO)
        try socketIO.open(Self.socketIO, for: context)
        try socketIO.open(Self.engineIO, for: context)
        let routes = EchoRoutes(maxText: maxText)
        try context.routes { routes.declare(on: $0) }
    }
}
