import Metrics
import PluginAPI
import Synchronization

/// Counts connections and how they end.
final class LegacyMeters: Sendable {
    private let openConnections: Gauge
    private let factory: any MetricsFactory
    /// By close code: few, all of them ours.
    private let refusals = Mutex<[UInt16: Counter]>([:])
    private let closes = Mutex<[UInt16: Counter]>([:])
    private let terminations: Counter
    private let devices = Mutex<[String: Gauge]>([:])

    init(_ factory: any MetricsFactory) {
        self.factory = factory
        openConnections = Gauge(label: "replyhq_legacy_connections", factory: factory)
        terminations = Counter(label: "replyhq_legacy_terminated_total", factory: factory)
    }

    func open(_ count: Int) { openConnections.record(count) }

    /// A peer was not let in.
    func refused(_ code: UInt16) { increment(refusals, "replyhq_legacy_refused_total", code) }

    /// A connection was closed by us, refused or not.
    func closed(_ code: UInt16) { increment(closes, "replyhq_legacy_closed_total", code) }

    /// A peer did not answer a ping.
    func terminated() { terminations.increment() }

    /// Devices of all apps together that used a transport in a window such as `7d`.
    func used(_ transport: ClientTransport, in window: String, by count: Int) {
        let gauge = devices.withLock { gauges in
            let key = "\(transport) \(window)"
            if let gauge = gauges[key] { return gauge }
            let gauge = Gauge(
                label: "replyhq_transport_devices",
                dimensions: [("transport", transport.rawValue), ("window", window)], factory: factory)
            gauges[key] = gauge
            return gauge
        }
        gauge.record(count)
    }

    private func increment(_ counters: borrowing Mutex<[UInt16: Counter]>, _ label: String, _ code: UInt16) {
        let counter = counters.withLock { counters in
            if let counter = counters[code] { return counter }
            let counter = Counter(label: label, dimensions: [("code", "\(code)")], factory: factory)
            counters[code] = counter
            return counter
        }
        counter.increment()
    }
}
