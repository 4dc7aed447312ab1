import PluginAPI

/// What makes two handles the same series.
struct SeriesKey: Hashable, Sendable {
    enum Kind: Sendable { case counter, floatingCounter, gauge, durations, sizes }

    /// In bytes of UTF-8.
    static let longestName = 200
    /// Longer values are cut, in bytes of UTF-8.
    static let longestValue = 128
    static let mostLabels = 10

    let kind: Kind
    let name: String
    /// Sorted by name, each name once.
    let labels: [MetricReading.Label]

    /// Nil: a name is too long, or there are too many labels.
    init?(_ kind: Kind, _ name: String, _ dimensions: [(String, String)]) {
        guard name.utf8.count <= Self.longestName, dimensions.count <= Self.mostLabels,
            dimensions.allSatisfy({ $0.0.utf8.count <= Self.longestName })
        else { return nil }
        self.kind = kind
        self.name = name
        var labels: [MetricReading.Label] = []
        for (name, value) in dimensions.sorted(by: { $0.0 < $1.0 }) where labels.last?.name != name {
            labels.append(.init(name, Self.cut(value)))
        }
        self.labels = labels
    }

    private static func cut(_ value: String) -> String {
        guard value.utf8.count > longestValue else { return value }
        var (cut, length) = ("", 0)
        for scalar in value.unicodeScalars {
            length += UTF8.width(scalar)
            guard length <= longestValue else { break }
            cut.unicodeScalars.append(scalar)
        }
        return cut
    }
}
