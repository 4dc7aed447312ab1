import PluginAPI

/// The entry of `libMetrics.so`.
@c(replyhq_plugin_metrics)
public func entry() -> UnsafeMutableRawPointer { PluginHandle.export { MetricsPluginFactory() } }

/// Describes and makes what shows the metrics of all plugins.
struct MetricsPluginFactory: CommandProviding {
    let descriptor = PluginDescriptor(
        name: "Metrics",
        version: "0.1.0",
        summary: "What all plugins count, for Prometheus: GET /metrics.",
        settings: MetricsSettings.schema,
        metrics: RequestMeter.help.merging(OwnMetrics.help) { first, _ in first })

    func make(_ context: PluginContext) throws -> any Plugin {
        MetricsPlugin(context, settings: try MetricsSettings(context.settings, environment: context.environment))
    }

    var commands: [PluginCommand] { [MetricsCommand.metrics] }
}
