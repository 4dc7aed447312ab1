import Metrics
import PluginAPI
import Synchronization
import Testing

@testable import HostCore

@Suite("What is counted, and whose it is")
struct MetricsScopeTests {
    private let log = Journal()
    private var scope: MetricsScope { MetricsScope(owner: "A", help: ["hits": "Hits."], logger: logger) }
    private var logger: Logger {
        Logger(label: "test") { [log] _ in NotingHandler(journal: log) }
    }

    private func values(_ readings: [MetricReading]) -> [String: MetricReading.Value] {
        Dictionary(
            readings.map { ($0.name + $0.labels.map { "{\($0.name)=\($0.value)}" }.joined(), $0.value) },
            uniquingKeysWith: { _, _ in .gauge(.nan) })
    }

    @Test("every kind of handle counts as it should")
    func kinds() {
        let scope = scope
        let counter = Counter(label: "hits", factory: scope)
        counter.increment(by: 3)
        counter.increment(by: -1)
        let floating = FloatingPointCounter(label: "seconds", factory: scope)
        floating.increment(by: 0.25)
        floating.increment(by: 0.5)
        floating.increment(by: Double.nan)
        Gauge(label: "open", factory: scope).record(7)
        let meter = Meter(label: "level", factory: scope)
        meter.set(5)
        meter.increment(by: 2.5)
        meter.decrement(by: 0.5)
        let values = values(scope.read())
        #expect(values["hits"] == .counter(3) && values["seconds"] == .counter(0.75))
        #expect(values["open"] == .gauge(7) && values["level"] == .gauge(7))
        #expect(scope.read().first { $0.name == "hits" }?.help == "Hits.")
        counter.reset()
        #expect(self.values(scope.read())["hits"] == .counter(0))
    }

    @Test("a value is in the first bucket whose bound it does not exceed, and what is no number in none")
    func buckets() throws {
        let scope = scope
        let timer = Timer(label: "wait", factory: scope)
        for nanoseconds in [0, 100_000, 100_001, 1_000_000_000, 60_000_000_000, 60_000_000_001] {
            timer.recordNanoseconds(Int64(nanoseconds))
        }
        let recorder = Recorder(label: "size", factory: scope)
        for size in [1.0, 1.5, 1_000_000, 1_000_001, .nan, .infinity] { recorder.record(size) }
        let values = values(scope.read())
        guard case .durations(let wait) = values["wait"], case .sizes(let size) = values["size"] else {
            Issue.record("\(values)")
            return
        }
        func filled(_ distribution: MetricReading.Distribution) -> [Double: Int] {
            let bounds = distribution.bounds + [.infinity]
            return Dictionary(uniqueKeysWithValues: zip(bounds, distribution.counts).filter { $0.1 > 0 })
        }
        #expect(filled(wait) == [0.0001: 2, 0.0005: 1, 1: 1, 60: 1, .infinity: 1])
        #expect(abs(wait.sum - 121.000200002) < 1e-9)
        #expect(filled(size) == [1: 1, 2: 1, 1_000_000: 1, .infinity: 1] && size.sum == 2_000_003.5)
        #expect(wait.bounds == wait.bounds.sorted() && wait.counts.count == wait.bounds.count + 1)
    }

    @Test("the same name with the same labels in any order is one series, and goes with its last handle")
    func sameness() {
        let scope = scope
        let first = Counter(label: "hits", dimensions: [("a", "1"), ("b", "2")], factory: scope)
        let second = Counter(label: "hits", dimensions: [("b", "2"), ("a", "1")], factory: scope)
        let other = Counter(label: "hits", dimensions: [("a", "2"), ("b", "2")], factory: scope)
        first.increment()
        second.increment()
        other.increment(by: 5)
        #expect(values(scope.read())["hits{a=1}{b=2}"] == .counter(2))
        #expect(values(scope.read())["hits{a=2}{b=2}"] == .counter(5))
        first.destroy()
        second.increment()
        #expect(values(scope.read())["hits{a=1}{b=2}"] == .counter(3))
        second.destroy()
        #expect(values(scope.read()).keys.filter { $0.hasPrefix("hits") } == ["hits{a=2}{b=2}"])
        second.increment()
    }

    @Test("past the bound a handle counts nothing, which is said once and counted; those before count on")
    func bound() {
        let scope = scope
        let counters = (0..<MetricsScope.mostSeries + 500).map {
            Counter(label: "peers", dimensions: [("peer", "\($0)")], factory: scope)
        }
        for counter in counters { counter.increment() }
        let readings = scope.read()
        #expect(readings.count == MetricsScope.mostSeries + 1)
        #expect(values(readings)["replyhq_metrics_dropped_series_total{plugin=A}"] == .counter(500))
        #expect(log.all.count == 1, "\(log.all)")
        Counter(label: "peers", dimensions: [("peer", "0")], factory: scope).increment()
        #expect(values(scope.read())["peers{peer=0}"] == .counter(2), "it is there already")
    }

    @Test("a long value is cut, and a name or a number of labels that is too long is refused")
    func lengths() {
        let scope = scope
        let long = String(repeating: "\u{E9}", count: 1_000)
        for tail in ["a", "b"] {
            Counter(label: "hits", dimensions: [("x", long + tail)], factory: scope).increment()
        }
        #expect(values(scope.read())["hits{x=\(String(repeating: "\u{E9}", count: 64))}"] == .counter(2))
        Counter(label: long, factory: scope).increment()
        Gauge(label: "g", dimensions: [(long, "")], factory: scope).record(1)
        Timer(label: "t", dimensions: (0..<11).map { ("\($0)", "") }, factory: scope).recordNanoseconds(1)
        #expect(values(scope.read())["replyhq_metrics_dropped_series_total{plugin=A}"] == .counter(3))
        #expect(scope.read().count == 2)
    }

    @Test("many threads lose nothing")
    func threads() async {
        let scope = scope
        let (counter, meter) = (Counter(label: "hits", factory: scope), Meter(label: "level", factory: scope))
        let timer = Timer(label: "wait", factory: scope)
        await withDiscardingTaskGroup { group in
            for number in 0..<8 {
                group.addTask {
                    for round in 0..<10_000 {
                        counter.increment()
                        meter.increment(by: 1)
                        timer.recordNanoseconds(1_000_000_000)
                        if round % 1_000 == 0 {
                            Counter(label: "made", dimensions: [("by", "\(number)")], factory: scope).increment()
                            _ = scope.read()
                        }
                    }
                }
            }
        }
        let values = values(scope.read())
        #expect(values["hits"] == .counter(80_000) && values["level"] == .gauge(80_000))
        for number in 0..<8 { #expect(values["made{by=\(number)}"] == .counter(10)) }
        guard case .durations(let wait) = values["wait"] else {
            Issue.record("\(values)")
            return
        }
        #expect(wait.counts.reduce(0, +) == 80_000 && wait.sum == 80_000)
    }
}

/// Notes what is logged.
private struct NotingHandler: LogHandler {
    let journal: Journal
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .trace

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { journal.note("\(event.message)") }
}
