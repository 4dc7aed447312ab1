import PluginAPI

/// Names as Prometheus takes them: letters, digits and underscores, in names of metrics also colons, no digit first.
enum PrometheusName {
    /// A metric's name with the ending that says what it is: `_total` of what is counted, `_seconds` of durations.
    static func metric(_ name: String, _ value: MetricReading.Value) -> String {
        let name = sound(name, isMetric: true)
        return switch value {
        case .counter: ending(name, "_total")
        case .durations: ending(name, "_seconds")
        case .gauge, .sizes: name
        }
    }

    /// Labels with sound names, each once. Two underscores at the beginning are Prometheus' own, and `le` is that of
    /// buckets.
    static func labels(_ labels: [MetricReading.Label], isHistogram: Bool) -> [MetricReading.Label] {
        var result: [MetricReading.Label] = []
        for label in labels {
            var name = sound(label.name, isMetric: false)
            if name.hasPrefix("__") || (isHistogram && name == "le") {
                name = "label_" + name.drop { $0 == "_" }
            }
            if !result.contains(where: { $0.name == name }) { result.append(.init(name, label.value)) }
        }
        return result
    }

    private static func ending(_ name: String, _ suffix: String) -> String {
        name.hasSuffix(suffix) ? name : name + suffix
    }

    private static func sound(_ name: String, isMetric: Bool) -> String {
        var bytes = name.utf8.map { byte in
            isLetter(byte) || isDigit(byte) || (isMetric && byte == UInt8(ascii: ":")) ? byte : UInt8(ascii: "_")
        }
        if bytes.first.map(isDigit) ?? true { bytes.insert(UInt8(ascii: "_"), at: 0) }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte == UInt8(ascii: "_")
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }
}
