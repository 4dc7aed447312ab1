import PluginAPI

/// Describes the chat and makes it.
struct ChatFactory: PluginFactory {
    var descriptor: PluginDescriptor {
        PluginDescriptor(
            name: "Chat",
            version: "0.1.0",
            summary: "The rules of the chat: keys, conversations, messages, receipts, typing.",
            provides: ["chat"],
            requires: ["store"],
            follows: ["push"],
            settings: ChatConfiguration.schema,
            metrics: ChatMeters.help)
    }

    func make(_ context: PluginContext) throws -> any Plugin {
        ChatPlugin(context: context, configuration: try ChatConfiguration(context.settings))
    }
}

/// The entry of `libChat.so`.
@c(replyhq_plugin_chat)
public func entry() -> UnsafeMutableRawPointer { PluginHandle.export { ChatFactory() } }
