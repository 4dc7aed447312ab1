import Metrics
import PluginAPI

/// What is counted of notifications.
struct LineMeters: Sendable {
    static let help = [
        "replyhq_postgres_notifications_sent_total": "Notifications to other nodes.",
        "replyhq_postgres_notifications_received_total": "Notifications from other nodes.",
        "replyhq_postgres_bus_messages_refused_total": "Messages to other nodes that could not be sent.",
        "replyhq_postgres_bus_connections_lost_total": "Connections of the bus that broke.",
        "replyhq_postgres_notify_seconds": "From sending notifications to their acknowledgement.",
    ]

    private let notifications: Counter
    private let received: Counter
    private let refusals: Counter
    private let losses: Counter
    private let time: Metrics.Timer

    init(metrics: any MetricsFactory = NOOPMetricsHandler.instance) {
        notifications = Counter(label: "replyhq_postgres_notifications_sent_total", factory: metrics)
        received = Counter(label: "replyhq_postgres_notifications_received_total", factory: metrics)
        refusals = Counter(label: "replyhq_postgres_bus_messages_refused_total", factory: metrics)
        losses = Counter(label: "replyhq_postgres_bus_connections_lost_total", factory: metrics)
        time = Metrics.Timer(label: "replyhq_postgres_notify_seconds", factory: metrics)
    }

    func sending(_ count: Int) { notifications.increment(by: count) }

    /// - Parameter time: from sending a transaction to its acknowledgement.
    func sent(in time: TimeAmount) { self.time.recordNanoseconds(time.nanoseconds) }

    /// Not sent: no connection, too much waits, or the server refused.
    func refused(_ count: Int) { refusals.increment(by: count) }
    func receivedOne() { received.increment() }
    func lost() { losses.increment() }
}
