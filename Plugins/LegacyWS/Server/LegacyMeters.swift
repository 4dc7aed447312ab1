import Metrics
import PluginAPI
import Synchronization

/// Counts connections and how they end.
final class LegacyMeters: Sendable {
    static let help = [
        "replyhq_legacy_connections": "Open connections of the old websocket.",
        "replyhq_legacy_refused_total": "Peers that were not let in, by close code.",
        "replyhq_legacy_refused_upgrades_total": "Requests for a connection that were refused, by reason.",
        "replyhq_legacy_failed_events_total": "Messages of clients and agents that could not be fulfilled, by code.",
        "replyhq_legacy_closed_total": "Connections that the server closed, refused or not, by close code.",
        "replyhq_legacy_terminated_total": "Connections that were cut, as the peer answered no ping.",
        "replyhq_transport_devices": "Devices of all apps that used a transport in the last 1d, 7d or 30d.",
    ]

    private let openConnections: Gauge
    private let factory: any MetricsFactory
    private let refusals: CodeCounters
    private let closes: CodeCounters
    private let refusedUpgrades: [AddressLimits.Excess: Counter]
    private let failures: [LegacyFailure: Counter]
    private let terminations: Counter
    private let devices = Mutex<[String: Gauge]>([:])

    init(_ factory: any MetricsFactory) {
        self.factory = factory
        openConnections = Gauge(label: "replyhq_legacy_connections", factory: factory)
        refusals = CodeCounters("replyhq_legacy_refused_total", LegacyClose.codesOfRefusals, factory)
        closes = CodeCounters("replyhq_legacy_closed_total", LegacyClose.codes, factory)
        refusedUpgrades = Dictionary(
            AddressLimits.Excess.allCases.map { excess in
                let label = "replyhq_legacy_refused_upgrades_total"
                return (excess, Counter(label: label, dimensions: [("reason", excess.rawValue)], factory: factory))
            }, uniquingKeysWith: { first, _ in first })
        failures = Dictionary(
            LegacyFailure.allCases.map { failure in
                let label = "replyhq_legacy_failed_events_total"
                return (failure, Counter(label: label, dimensions: [("code", failure.rawValue)], factory: factory))
            }, uniquingKeysWith: { first, _ in first })
        terminations = Counter(label: "replyhq_legacy_terminated_total", factory: factory)
    }

    func open(_ count: Int) { openConnections.record(count) }

    /// A peer was not let in.
    func refused(_ code: UInt16) { refusals.increment(code) }

    /// A request for a connection was refused.
    func refused(_ excess: AddressLimits.Excess) { refusedUpgrades[excess]?.increment() }

    /// What a peer asked for could not be done.
    func failed(_ failure: LegacyFailure) { failures[failure]?.increment() }

    /// A connection was closed by us, refused or not.
    func closed(_ code: UInt16) { closes.increment(code) }

    /// A peer did not answer a ping.
    func terminated() { terminations.increment() }

    /// Devices of all apps together that used a transport in a window such as `7d`. Not there before they were counted:
    /// a zero would say that nobody is left.
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
}

/// A counter for each close code that we use, made before the first is counted.
private struct CodeCounters: Sendable {
    private let counters: [UInt16: Counter]
    private let others: Counter

    init(_ label: String, _ codes: [UInt16], _ factory: any MetricsFactory) {
        counters = Dictionary(
            codes.map { ($0, Counter(label: label, dimensions: [("code", "\($0)")], factory: factory)) },
            uniquingKeysWith: { first, _ in first })
        others = Counter(label: label, dimensions: [("code", "other")], factory: factory)
    }

    func increment(_ code: UInt16) { (counters[code] ?? others).increment() }
}
