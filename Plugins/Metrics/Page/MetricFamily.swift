import PluginAPI

/// Everything of one name, which stands together on the page.
struct MetricFamily {
    /// What Prometheus calls it.
    enum Kind: String {
        case counter, gauge, histogram

        init(_ value: MetricReading.Value) {
            self =
                switch value {
                case .counter: .counter
                case .gauge: .gauge
                case .durations, .sizes: .histogram
                }
        }
    }

    let name: String
    let kind: Kind
    private(set) var help: String?
    private(set) var series: [[MetricReading.Label]: MetricReading.Value] = [:]

    init(name: String, kind: Kind) {
        self.name = name
        self.kind = kind
    }

    /// - Returns: false if it does not fit: it is of another kind, or there is one with the same labels.
    mutating func add(_ reading: MetricReading) -> Bool {
        guard Kind(reading.value) == kind else { return false }
        let labels = PrometheusName.labels(reading.labels, isHistogram: kind == .histogram)
        guard series[labels] == nil else { return false }
        series[labels] = reading.value
        help = help ?? reading.help
        return true
    }

    /// The names that its lines begin with.
    var sampleNames: [String] {
        kind == .histogram ? [name, "\(name)_bucket", "\(name)_sum", "\(name)_count"] : [name]
    }

    /// In an order that stays the same.
    var sorted: [(labels: [MetricReading.Label], value: MetricReading.Value)] {
        series.map { (labels: $0.key, value: $0.value) }.sorted { left, right in
            left.labels.lexicographicallyPrecedes(right.labels) { ($0.name, $0.value) < ($1.name, $1.value) }
        }
    }
}
