import Foundation
import PluginAPI
import Testing

@testable import HostCore

@Suite("docs/metrics.md")
struct MetricsDocumentTests {
    @Test("lists what every shipped plugin says that it counts, and nothing else")
    func names() throws {
        let text = try String(contentsOf: repository.appendingPathComponent("docs/metrics.md"), encoding: .utf8)
        let documented = Set(
            text.split(separator: "\n").compactMap { line -> String? in
                let cells = line.split(separator: "|").map { $0.filter { $0 != " " && $0 != "`" } }
                return cells.count > 1 && ["counter", "gauge", "histogram"].contains(cells[1]) ? cells[0] : nil
            })
        let loader = PluginLoader(locator: PluginLocator(directories: [buildFolder]))
        var described: Set<String> = []
        for name in ShippedConfigurationTests.plugins + ["Postgres", "Redis", "SocketIOBridge"] {
            let image = try loader.load(try PluginReference(name: name))
            for (metric, help) in image.descriptor.metrics {
                #expect(described.insert(metric).inserted, "\(metric) is described twice")
                #expect(help.hasSuffix(".") && help.count > 10, "\(metric)")
            }
        }
        #expect(documented.subtracting(described) == Self.undescribed.union(ListenerMeters.help.keys))
        #expect(described.subtracting(documented).isEmpty)
        #expect(ListenerMeters.help.values.allSatisfy { $0.hasSuffix(".") && $0.count > 10 })
    }

    /// What belongs to no plugin's descriptor, beside the listener's: the process, and the page itself.
    private static let undescribed: Set = [
        "process_cpu_seconds_total", "process_resident_memory_bytes", "process_virtual_memory_bytes",
        "process_open_fds", "process_max_fds", "process_start_time_seconds", "replyhq_metrics_dropped_series_total",
        "replyhq_metrics_clashing_series",
    ]
}
