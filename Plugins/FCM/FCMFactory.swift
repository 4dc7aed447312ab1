import PluginAPI

/// Describes the way to Firebase and makes it.
struct FCMFactory: PluginFactory {
    var descriptor: PluginDescriptor {
        PluginDescriptor(
            name: "FCM",
            version: "0.1.0",
            summary: "Delivers pushes by Firebase Cloud Messaging, for one project or one for each app.",
            provides: [Capability.pushProvider(.fcm).name],
            settings: FCMConfiguration.schema)
    }

    func make(_ context: PluginContext) throws -> any Plugin {
        FCMPlugin(context: context, configuration: try FCMConfiguration(context.settings))
    }
}

/// The entry of `libFCM.so`.
@c(replyhq_plugin_fcm)
public func entry() -> UnsafeMutableRawPointer { PluginHandle.export { FCMFactory() } }
