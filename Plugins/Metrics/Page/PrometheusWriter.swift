import PluginAPI

/// Writes families line by line.
struct PrometheusWriter {
    private(set) var buffer = ByteBuffer()

    mutating func write(_ family: MetricFamily) {
        if let help = family.help { line("# HELP \(family.name) \(Self.escape(help, quotes: false))") }
        line("# TYPE \(family.name) \(family.kind.rawValue)")
        for (labels, value) in family.sorted {
            switch value {
            case .counter(let number), .gauge(let number): sample(family.name, labels, Self.text(number))
            case .durations(let distribution), .sizes(let distribution): write(distribution, family.name, labels)
            }
        }
    }

    /// A bucket counts everything up to its bound, so each counts those before it too; the last counts all.
    private mutating func write(
        _ distribution: MetricReading.Distribution, _ name: String, _ labels: [MetricReading.Label]
    ) {
        var count = 0
        for (place, inside) in distribution.counts.enumerated() {
            count += inside
            let bound = place < distribution.bounds.count ? distribution.bounds[place] : .infinity
            sample("\(name)_bucket", labels + [.init("le", Self.text(bound))], "\(count)")
        }
        sample("\(name)_sum", labels, Self.text(distribution.sum))
        sample("\(name)_count", labels, "\(count)")
    }

    private mutating func sample(_ name: String, _ labels: [MetricReading.Label], _ value: String) {
        let pairs = labels.map { "\($0.name)=\"\(Self.escape($0.value, quotes: true))\"" }
        line("\(name)\(pairs.isEmpty ? "" : "{\(pairs.joined(separator: ","))}") \(value)")
    }

    private mutating func line(_ text: String) {
        buffer.writeString(text)
        buffer.writeString("\n")
    }

    /// A backslash and the end of a line cannot stand for themselves, and in the value of a label neither can a quote.
    private static func escape(_ text: String, quotes: Bool) -> String {
        guard text.utf8.contains(where: { $0 == 0x5C || $0 == 0x0A || (quotes && $0 == 0x22) }) else { return text }
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where quotes: escaped += "\\\""
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    /// As Go's ParseFloat reads it.
    static func text(_ number: Double) -> String {
        if number.isNaN { return "NaN" }
        if number.isInfinite { return number > 0 ? "+Inf" : "-Inf" }
        if let whole = Int64(exactly: number), whole.magnitude < 1 << 53 { return "\(whole)" }
        return "\(number)"
    }
}
