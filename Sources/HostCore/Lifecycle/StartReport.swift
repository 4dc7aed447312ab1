import PluginAPI

/// What became of each plugin at start, for the log and the terminal.
public struct StartReport: Sendable {
    public struct Row: Sendable {
        public var name: String
        public var version: String
        public var took: Duration
        public var state: PluginState
        public var reason: String?
    }

    public private(set) var rows: [Row] = []

    init(leftOut: [StartOrder.LeftOut]) {
        rows = leftOut.map { Row(name: $0.name, version: "-", took: .zero, state: .failed, reason: $0.reason) }
    }

    /// The plugins of a roster, as they were loaded.
    init(loaded roster: PluginRoster) {
        self.init(leftOut: roster.leftOut)
        for instance in roster.instances { add(instance, took: .zero) }
    }

    mutating func add(_ instance: PluginInstance, took: Duration) {
        let health = instance.health.report
        rows.append(
            Row(
                name: instance.descriptor.name,
                version: instance.descriptor.version,
                took: took,
                state: health.state,
                reason: health.reason
            ))
    }

    /// One aligned line for each plugin, in start order.
    public var lines: [String] {
        let nameWidth = rows.map(\.name.count).max() ?? 0
        let versionWidth = rows.map(\.version.count).max() ?? 0
        return rows.map { row in
            let milliseconds =
                Double(row.took.components.attoseconds / 1_000_000_000_000) / 1000
                + Double(row.took.components.seconds) * 1000
            let time = "\(Int(milliseconds)).\(Int(milliseconds * 10) % 10) ms"
            let reason = row.reason.map { " (\($0))" } ?? ""
            return row.name.padded(to: nameWidth) + "  " + row.version.padded(to: versionWidth) + "  "
                + time.padded(to: 9, trailing: false) + "  \(row.state.rawValue)\(reason)"
        }
    }
}

extension String {
    func padded(to width: Int, trailing: Bool = true) -> String {
        let padding = String(repeating: " ", count: max(0, width - count))
        return trailing ? self + padding : padding + self
    }
}
