import Metrics
import PluginAPI

/// What the desk counts. Handles are made once.
struct PushMetrics: Sendable {
    static let help = [
        "replyhq_push_outcomes_total": "Pushes by what became of them.",
        "replyhq_push_latency_seconds": "From a message's commit to the provider's yes.",
        "replyhq_push_waiting": "Pushes that wait in the store, over all nodes.",
        "replyhq_push_oldest_seconds": "How long the oldest of them has waited.",
        "replyhq_push_in_flight": "Pushes that are with a provider, of this node.",
    ]

    private let outcomes: [String: Counter]
    private let latency: Metrics.Timer
    private let waiting: Meter
    private let age: Meter
    private let underWay: Meter

    private static let words = PushState.allCases.map(\.rawValue) + ["retried", "held", "overflow"]

    init(_ factory: any MetricsFactory) {
        outcomes = Dictionary(
            uniqueKeysWithValues: Self.words.map { word in
                (word, Counter(label: "replyhq_push_outcomes_total", dimensions: [("outcome", word)], factory: factory))
            })
        latency = Metrics.Timer(label: "replyhq_push_latency_seconds", factory: factory)
        waiting = Meter(label: "replyhq_push_waiting", factory: factory)
        age = Meter(label: "replyhq_push_oldest_seconds", factory: factory)
        underWay = Meter(label: "replyhq_push_in_flight", factory: factory)
    }

    func count(_ fate: PushResult.Fate) {
        switch fate {
        case .settled(let state): outcomes[state.rawValue]?.increment()
        case .again(_, _, let isAttempt): outcomes[isAttempt ? "retried" : "held"]?.increment()
        }
    }

    /// A message was stored without a push, as too many wait.
    func overflowed() { outcomes["overflow"]?.increment() }

    /// From the message's commit to the provider's yes.
    func sent(after time: Duration) { latency.record(duration: time) }

    func backlog(_ backlog: PushBacklog, underWay count: Int, at now: Timestamp) {
        waiting.set(Double(backlog.waiting))
        age.set(backlog.oldest.map { max(0, Double(now.milliseconds(since: $0)) / 1_000) } ?? 0)
        underWay.set(Double(count))
    }
}
