import PluginAPI

/// Collects series and writes them in Prometheus' text format, version 0.0.4.
///
/// The page must be sound whatever plugins make: of two that want the same name for different things, or the same series,
/// the first is shown, and the others are counted.
struct PrometheusPage {
    private static let clashes = "replyhq_metrics_clashing_series"

    private var families: [String: MetricFamily] = [:]
    /// Whose family the names at the beginning of lines are.
    private var takenNames: [String: String] = [:]
    private var clashCount = 0

    mutating func add(_ readings: [MetricReading]) {
        for reading in readings where !add(reading) { clashCount += 1 }
    }

    private mutating func add(_ reading: MetricReading) -> Bool {
        let name = PrometheusName.metric(reading.name, reading.value)
        if families[name] == nil {
            let family = MetricFamily(name: name, kind: .init(reading.value))
            guard name != Self.clashes, family.sampleNames.allSatisfy({ takenNames[$0] == nil }) else { return false }
            for sample in family.sampleNames { takenNames[sample] = name }
            families[name] = family
        }
        return families[name]?.add(reading) ?? false
    }

    /// The whole page, sorted by name.
    func write() -> ByteBuffer {
        var writer = PrometheusWriter()
        for family in families.values.sorted(by: { $0.name < $1.name }) { writer.write(family) }
        var own = MetricFamily(name: Self.clashes, kind: .gauge)
        _ = own.add(
            MetricReading(
                Self.clashes, help: "Series that are not shown, as another one has their name.", owner: "Metrics",
                .gauge(Double(clashCount))))
        writer.write(own)
        return writer.buffer
    }
}
