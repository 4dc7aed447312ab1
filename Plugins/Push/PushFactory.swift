import PluginAPI

/// Describes the sending of pushes and makes it.
struct PushFactory: PluginFactory {
    var descriptor: PluginDescriptor {
        PluginDescriptor(
            name: "Push",
            version: "0.1.0",
            summary: "Tells devices that are not connected of new messages: what, when, and not lost.",
            provides: [Capability.push.name],
            requires: [Capability.store.name],
            follows: [Capability.presence.name] + PushTokenProvider.all.map { Capability.pushProvider($0).name },
            settings: PushConfiguration.schema,
            metrics: PushMetrics.help)
    }

    func make(_ context: PluginContext) throws -> any Plugin {
        PushPlugin(context: context, configuration: try PushConfiguration(context.settings))
    }
}

extension PushTokenProvider {
    static let all: [PushTokenProvider] = [.fcm, .apns]
}

/// The entry of `libPush.so`.
@c(replyhq_plugin_push)
public func entry() -> UnsafeMutableRawPointer { PluginHandle.export { PushFactory() } }
