import Metrics
import PluginAPI
import Synchronization

/// What is counted of the traffic with Redis.
struct RedisMeters: Sendable {
    static let help = [
        "replyhq_redis_commands_total": "Commands that Redis answered.",
        "replyhq_redis_refused_commands_total": "Commands that could not be sent.",
        "replyhq_redis_connections_lost_total": "Connections to Redis that broke.",
        "replyhq_redis_received_messages_total": "Messages from other nodes, and of old servers.",
        "replyhq_redis_waiting_commands": "Commands that wait for an answer.",
        "replyhq_redis_command_seconds": "From handing commands over to the last answer.",
    ]

    private let commands: Counter
    private let refusals: Counter
    private let losses: Counter
    private let messages: Counter
    private let waitingCommands: Gauge
    private let answerTime: Metrics.Timer
    private let total = Total()

    init(metrics: any MetricsFactory = NOOPMetricsHandler.instance) {
        commands = Counter(label: "replyhq_redis_commands_total", factory: metrics)
        refusals = Counter(label: "replyhq_redis_refused_commands_total", factory: metrics)
        losses = Counter(label: "replyhq_redis_connections_lost_total", factory: metrics)
        messages = Counter(label: "replyhq_redis_received_messages_total", factory: metrics)
        waitingCommands = Gauge(label: "replyhq_redis_waiting_commands", factory: metrics)
        answerTime = Metrics.Timer(label: "replyhq_redis_command_seconds", factory: metrics)
    }

    /// - Parameter time: from handing them over to the last answer.
    func answered(_ count: Int, after time: TimeAmount) {
        commands.increment(by: count)
        answerTime.recordNanoseconds(time.nanoseconds)
    }

    /// Not sent: no connection, or too much waits.
    func refused() { refusals.increment() }
    func lost() { losses.increment() }
    func received(_ count: Int) { messages.increment(by: count) }

    /// - Parameter change: how many more commands wait for answers, over all connections.
    func waiting(changedBy change: Int) {
        waitingCommands.record(total.add(change))
    }
}

/// Shared by the copies of a node's meters.
private final class Total: Sendable {
    private let value = Mutex(0)

    func add(_ change: Int) -> Int {
        value.withLock { value in
            value += change
            return value
        }
    }
}
