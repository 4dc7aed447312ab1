import Metrics
import PluginAPI
import Synchronization

/// Sorts values into fixed buckets. How many there were is not counted apart, so that the buckets always add up to it.
final class DistributionCell: MetricCell, RecorderHandler, TimerHandler {
    /// Of timers, in seconds: from a write that is only handed on to a push that had to wait.
    static let durationBounds = [
        0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60,
    ]
    /// Of recorders: sizes, mostly of batches.
    static let sizeBounds: [Double] = [
        1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 50_000, 100_000, 1_000_000,
    ]

    private let bounds: [Double]
    private let isTime: Bool
    private let counts: InlineArray<17, Atomic<Int>>
    private let sum = AtomicDouble()

    init(isTime: Bool) {
        self.isTime = isTime
        bounds = isTime ? Self.durationBounds : Self.sizeBounds
        counts = InlineArray { _ in Atomic(0) }
    }

    var value: MetricReading.Value {
        let distribution = MetricReading.Distribution(
            bounds: bounds, counts: counts.indices.map { counts[$0].load(ordering: .relaxed) }, sum: sum.value)
        return isTime ? .durations(distribution) : .sizes(distribution)
    }

    func record(_ value: Int64) { record(Double(value)) }

    /// What is no number is nothing: it would make the sum useless for ever.
    func record(_ value: Double) {
        guard value.isFinite else { return }
        var bucket = 0
        while bucket < bounds.count, value > bounds[bucket] { bucket += 1 }
        counts[bucket].wrappingAdd(1, ordering: .relaxed)
        sum.add(value)
    }

    // Divided: a whole bound must be met exactly.
    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }
}
