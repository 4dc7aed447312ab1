import Metrics
import PluginAPI
import Synchronization

/// Where one series counts. What its owner holds is the cell itself, so that counting looks nothing up; whether somebody
/// reads it does not matter to it.
protocol MetricCell: AnyObject, Sendable {
    var value: MetricReading.Value { get }
}

/// Counts by one atomic addition.
final class CounterCell: MetricCell, CounterHandler {
    private let count = Atomic<Int64>(0)

    var value: MetricReading.Value { .counter(Double(count.load(ordering: .relaxed))) }

    /// A counter never falls: a negative amount is nothing.
    func increment(by amount: Int64) {
        guard amount > 0 else { return }
        count.wrappingAdd(amount, ordering: .relaxed)
    }

    func reset() { count.store(0, ordering: .relaxed) }
}

/// Counts what is not whole.
final class FloatingCounterCell: MetricCell, FloatingPointCounterHandler {
    private let sum = AtomicDouble()

    var value: MetricReading.Value { .counter(sum.value) }

    func increment(by amount: Double) {
        guard amount > 0, amount.isFinite else { return }
        sum.add(amount)
    }

    func reset() { sum.store(0) }
}

/// Holds the last value; a gauge and a meter of one name are the same.
final class GaugeCell: MetricCell, RecorderHandler, MeterHandler {
    private let last = AtomicDouble()

    var value: MetricReading.Value { .gauge(last.value) }

    func record(_ value: Int64) { last.store(Double(value)) }
    func record(_ value: Double) { last.store(value) }
    func set(_ value: Int64) { last.store(Double(value)) }
    func set(_ value: Double) { last.store(value) }
    func increment(by amount: Double) { if amount.isFinite { last.add(amount) } }
    func decrement(by amount: Double) { if amount.isFinite { last.add(-amount) } }
}
