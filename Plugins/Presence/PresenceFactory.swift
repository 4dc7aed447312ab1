import PluginAPI

/// Describes the presence of one node and makes it.
struct PresenceFactory: PluginFactory {
    static let schema: SettingsSchema = [
        .duration(
            "offline_grace", default: .seconds(4), in: .zero ... .seconds(60),
            "how long a device may be away before it is announced as offline"),
        .duration(
            "lease", default: .seconds(60), in: .seconds(2) ... .seconds(600),
            "with several nodes, how long the devices of a node that died stay online"),
    ]

    var descriptor: PluginDescriptor {
        PluginDescriptor(
            name: "Presence",
            version: "0.1.0",
            summary: "Who is online, on one node or on all.",
            provides: ["presence"],
            wants: ["presence-directory"],
            settings: Self.schema)
    }

    func make(_ context: PluginContext) throws -> any Plugin {
        PresencePlugin(
            context: context,
            offlineGrace: try context.settings.duration("offline_grace"),
            lease: try context.settings.duration("lease"))
    }
}

/// The entry of `libPresence.so`.
@c(replyhq_plugin_presence)
public func entry() -> UnsafeMutableRawPointer { PluginHandle.export { PresenceFactory() } }
