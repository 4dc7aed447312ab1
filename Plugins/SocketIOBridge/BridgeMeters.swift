import Metrics
import PluginAPI

/// What is counted of the traffic with old servers.
struct BridgeMeters: Sendable {
    static let help = [
        "replyhq_socketio_bridge_sent_total": "Broadcasts that were handed to old servers.",
        "replyhq_socketio_bridge_unsent_total": "Broadcasts to old servers that Redis did not take.",
        "replyhq_socketio_bridge_received_total": "Broadcasts of old servers and emitters that were taken.",
        "replyhq_socketio_bridge_refused_total": "Broadcasts of old servers and emitters that could not be read.",
    ]

    private let sent: Counter
    private let unsent: Counter
    private let received: Counter
    private let refused: Counter

    init(metrics: any MetricsFactory = NOOPMetricsHandler.instance) {
        sent = Counter(label: "replyhq_socketio_bridge_sent_total", factory: metrics)
        unsent = Counter(label: "replyhq_socketio_bridge_unsent_total", factory: metrics)
        received = Counter(label: "replyhq_socketio_bridge_received_total", factory: metrics)
        refused = Counter(label: "replyhq_socketio_bridge_refused_total", factory: metrics)
    }

    func sent(_ count: Int, isTaken: Bool) { (isTaken ? sent : unsent).increment(by: count) }
    /// A broadcast of others that was forwarded, or taken as news of a stored message.
    func received(_ count: Int) { received.increment(by: count) }
    func refused(_ count: Int) { refused.increment(by: count) }
}
