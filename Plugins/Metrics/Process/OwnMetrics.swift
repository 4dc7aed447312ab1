import PluginAPI

/// What the page says of the server as such.
enum OwnMetrics {
    static let help = [
        "replyhq_build_info": "Always 1; the labels say what runs.",
        "replyhq_ready": "Whether the process wants traffic, as /readyz says.",
        "replyhq_plugin_state": "1 for the state that a plugin is in, 0 for the others.",
    ]

    static func readings(_ report: ProcessReport) -> [MetricReading] {
        var readings = [reading("replyhq_ready", [], report.isReady)]
        if let build = report.build {
            let labels: [MetricReading.Label] = [
                .init("api", build.api), .init("compiler", build.compiler), .init("mode", build.mode),
                .init("version", build.version),
            ]
            readings.append(reading("replyhq_build_info", labels, true))
        }
        for plugin in report.plugins {
            readings += PluginState.allCases.map { state in
                reading(
                    "replyhq_plugin_state", [.init("plugin", plugin.name), .init("state", state.rawValue)],
                    state == plugin.state)
            }
        }
        return readings
    }

    private static func reading(_ name: String, _ labels: [MetricReading.Label], _ value: Bool) -> MetricReading {
        MetricReading(name, labels, help: help[name], owner: "Metrics", .gauge(value ? 1 : 0))
    }
}
