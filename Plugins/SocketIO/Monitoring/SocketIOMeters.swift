import Metrics
import PluginAPI

/// What is counted of connections. Handles are made once, and no label holds what a peer chose.
struct SocketIOMeters: Sendable {
    static let help = [
        "replyhq_socketio_connections": "Open connections of Socket.IO, of all endpoints.",
        "replyhq_socketio_refused_total": "Connections and CONNECT packets that were refused, by reason.",
        "replyhq_socketio_closed_total": "Connections that ended, by cause.",
        "replyhq_socketio_failed_events_total": "Events of clients and agents that could not be fulfilled, by code.",
    ]

    let connections: Gauge
    private let refusals: [RefusalReason: Counter]
    private let closes: [EngineIOClose.Cause: Counter]
    private let failures: [FailedEvent: Counter]

    init(_ factory: any MetricsFactory) {
        connections = Gauge(label: "replyhq_socketio_connections", factory: factory)
        refusals = Self.counters(RefusalReason.allCases) { reason in
            Counter(
                label: "replyhq_socketio_refused_total", dimensions: [("reason", reason.rawValue)], factory: factory)
        }
        closes = Self.counters(EngineIOClose.Cause.allCases) { cause in
            Counter(label: "replyhq_socketio_closed_total", dimensions: [("cause", cause.rawValue)], factory: factory)
        }
        failures = Self.counters(FailedEvent.all) { event in
            Counter(
                label: "replyhq_socketio_failed_events_total",
                dimensions: [("event", event.event.rawValue), ("code", event.code.rawValue)], factory: factory)
        }
    }

    func refused(_ reason: RefusalReason) { refusals[reason]?.increment() }

    func closed(_ cause: EngineIOClose.Cause) { closes[cause]?.increment() }

    func failed(_ event: FailedEvent) { failures[event]?.increment() }

    private static func counters<Key: Hashable>(_ keys: [Key], _ make: (Key) -> Counter) -> [Key: Counter] {
        Dictionary(keys.map { ($0, make($0)) }, uniquingKeysWith: { first, _ in first })
    }
}
