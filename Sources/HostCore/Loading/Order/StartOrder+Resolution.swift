import PluginAPI

extension StartOrder {
    /// Finds the order of `entries`, which stand in the order of the configuration.
    ///
    /// An optional plugin that failed, or that lacks a capability, stays out, and so do the optional plugins that
    /// require something of it. A required plugin that lacks something is a problem, whoever was to provide it.
    /// - Parameters:
    ///   - hostProvides: what the host itself offers.
    ///   - candidates: names of plugins that are not listed but could provide a capability; used for the error's text.
    /// - Throws: all problems at once.
    public init(
        _ entries: [StartEntry],
        hostProvides: Set<CapabilityName> = [],
        candidates: [CapabilityName: [String]] = [:]
    ) throws(StartOrderError) {
        let problems = Self.duplicates(in: entries)
        guard problems.isEmpty else { throw StartOrderError(problems: problems) }

        var selection = StartSelection(entries, hostProvides: hostProvides, candidates: candidates)
        selection.settle()
        let graph = StartGraph(selection.running, providers: selection.providers)
        if let cycle = graph.cycle() { selection.problems.append(.cycle(cycle)) }
        guard selection.problems.isEmpty else { throw StartOrderError(problems: selection.problems) }

        let running = selection.running
        names = graph.ordered().map { running[$0].name }
        leftOut = entries.compactMap { entry in
            selection.leftOut[entry.name].map { LeftOut(name: entry.name, position: entry.position, reason: $0) }
        }
        providers = selection.providers
        requirements = graph.requirements
    }

    private static func duplicates(in entries: [StartEntry]) -> [StartOrderProblem] {
        var seen: [String: StartEntry] = [:]
        return entries.compactMap { entry in
            let known = seen.updateValue(entry, forKey: entry.name.lowercased())
            return known.map { .listedTwice($0, entry) }
        }
    }
}
