import Metrics
import PluginAPI

/// What is counted of the traffic with Redis.
struct RedisMeters: Sendable {
    private let commands: Counter
    private let refusals: Counter
    private let losses: Counter
    private let messages: Counter
    private let waitingCommands: Gauge
    private let answerTime: Metrics.Timer

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
    func waiting(_ count: Int) { waitingCommands.record(count) }
}
