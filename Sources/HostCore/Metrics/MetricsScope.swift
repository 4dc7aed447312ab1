import Logging
import Metrics
import PluginAPI
import Synchronization

/// The series of one owner: of a plugin's instance, or of the host. What belongs to no running instance is not read.
final class MetricsScope: Sendable {
    /// So that labels which peers can choose do not fill the memory.
    static let mostSeries = 1_000

    private struct Entry {
        let cell: any MetricCell
        /// Its place among those that were made.
        let number: Int
        /// How many handles were made of it.
        var handles = 1
    }

    private struct State {
        var entries: [SeriesKey: Entry] = [:]
        var keys: [ObjectIdentifier: SeriesKey] = [:]
        var count = 0
        var isClosed = false
        var hasWarned = false
    }

    let owner: String
    private let help: [String: String]
    private let logger: Logger
    private let state = Mutex(State())
    private let dropped = Atomic<Int>(0)

    /// - Parameter help: what each name means.
    init(owner: String, help: [String: String] = [:], logger: Logger) {
        self.owner = owner
        self.help = help
        self.logger = logger
    }

    /// Every series in the order in which they were made, and how many there was no room for.
    func read() -> [MetricReading] {
        let entries = state.withLock { $0.entries }.sorted { $0.value.number < $1.value.number }
        let readings = entries.map { key, entry in
            MetricReading(key.name, key.labels, help: help[key.name], owner: owner, entry.cell.value)
        }
        let refused = MetricReading(
            "replyhq_metrics_dropped_series_total", [.init("plugin", owner)],
            help: "Handles of metrics that count nothing, as their plugin has too many series.", owner: owner,
            .counter(Double(dropped.load(ordering: .relaxed))))
        return readings + [refused]
    }

    /// Forgets all series. Handles count on for nobody, and so do later ones.
    func close() {
        state.withLock { state in
            state.entries = [:]
            state.keys = [:]
            state.isClosed = true
        }
    }

    /// The cell of a series; nil when there is no room for another one.
    private func cell<Cell: MetricCell>(
        _ kind: SeriesKey.Kind, _ name: String, _ dimensions: [(String, String)], _ make: () -> Cell
    ) -> Cell? {
        guard let key = SeriesKey(kind, name, dimensions) else { return refuse(name) }
        let (cell, isRefused): (Cell?, Bool) = state.withLock { state in
            if let cell = state.entries[key]?.cell as? Cell {
                state.entries[key]?.handles += 1
                return (cell, false)
            }
            guard !state.isClosed else { return (nil, false) }
            guard state.entries.count < Self.mostSeries else { return (nil, true) }
            let cell = make()
            state.entries[key] = Entry(cell: cell, number: state.count)
            state.count += 1
            state.keys[ObjectIdentifier(cell)] = key
            return (cell, false)
        }
        return isRefused ? refuse(name) : cell
    }

    private func refuse<Cell>(_ name: String) -> Cell? {
        dropped.wrappingAdd(1, ordering: .relaxed)
        let isFirst = state.withLock { !exchange(&$0.hasWarned, with: true) }
        if isFirst {
            logger.warning(
                "A metric counts nothing: too many series of one plugin, or labels that are too long",
                metadata: ["metric": "\(name.prefix(SeriesKey.longestName))", "limit": "\(Self.mostSeries)"])
        }
        return nil
    }

    /// The series goes with its last handle.
    private func release(_ handler: AnyObject) {
        state.withLock { state in
            guard let key = state.keys[ObjectIdentifier(handler)], let entry = state.entries[key] else { return }
            if entry.handles > 1 {
                state.entries[key]?.handles -= 1
            } else {
                state.entries[key] = nil
                state.keys[ObjectIdentifier(handler)] = nil
            }
        }
    }
}

extension MetricsScope: MetricsFactory {
    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        cell(.counter, label, dimensions) { CounterCell() } ?? NOOPMetricsHandler.instance
    }

    func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        cell(.floatingCounter, label, dimensions) { FloatingCounterCell() } ?? NOOPMetricsHandler.instance
    }

    func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        cell(.gauge, label, dimensions) { GaugeCell() } ?? NOOPMetricsHandler.instance
    }

    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        guard aggregate else {
            return cell(.gauge, label, dimensions) { GaugeCell() } ?? NOOPMetricsHandler.instance
        }
        return cell(.sizes, label, dimensions) { DistributionCell(isTime: false) } ?? NOOPMetricsHandler.instance
    }

    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        cell(.durations, label, dimensions) { DistributionCell(isTime: true) } ?? NOOPMetricsHandler.instance
    }

    func destroyCounter(_ handler: any CounterHandler) { release(handler) }
    func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { release(handler) }
    func destroyMeter(_ handler: any MeterHandler) { release(handler) }
    func destroyRecorder(_ handler: any RecorderHandler) { release(handler) }
    func destroyTimer(_ handler: any TimerHandler) { release(handler) }
}
