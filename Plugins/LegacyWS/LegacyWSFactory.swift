import PluginAPI

/// The image's entry.
@c(replyhq_plugin_legacyws)
public func replyhqPluginLegacyWS() -> UnsafeMutableRawPointer {
    PluginHandle.export { LegacyWSFactory() }
}

struct LegacyWSFactory: PluginFactory {
    let descriptor = PluginDescriptor(
        name: "LegacyWS",
        version: "0.1.0",
        summary: "The raw websocket of old SDKs and dashboards: /v1/realtime and /admin/realtime.",
        requires: ["chat"],
        wants: ["store", "bus"],
        follows: ["presence", "admin-identity"],
        settings: LegacyWSSettings.schema,
        metrics: LegacyMeters.help
    )

    func make(_ context: PluginContext) throws -> any Plugin {
        LegacyWSPlugin(context: context, settings: try LegacyWSSettings(context.settings))
    }
}
