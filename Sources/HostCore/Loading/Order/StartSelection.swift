import PluginAPI

/// Which of the listed plugins can start, and what is wrong with the others.
struct StartSelection {
    private(set) var running: [StartEntry]
    private(set) var providers: [CapabilityName: String] = [:]
    private(set) var leftOut: [String: String] = [:]
    var problems: [StartOrderProblem] = []

    private let entries: [StartEntry]
    private let hostProvides: Set<CapabilityName>
    private let candidates: [CapabilityName: [String]]

    init(_ entries: [StartEntry], hostProvides: Set<CapabilityName>, candidates: [CapabilityName: [String]]) {
        self.entries = entries
        self.hostProvides = hostProvides
        self.candidates = candidates
        running = entries.filter { $0.failure == nil }
    }

    /// Drops failed plugins and those that lose a requirement, until nothing changes.
    mutating func settle() {
        for entry in entries {
            guard let reason = entry.failure else { continue }
            if entry.isRequired {
                problems.append(.failed(entry, reason: reason))
            } else {
                leftOut[entry.name] = reason
            }
        }
        findProviders()
        while let (index, capability) = firstOptionalLoser() {
            let entry = running.remove(at: index)
            leftOut[entry.name] = "it requires \"\(capability)\", \(reasonForAbsence(of: capability))"
            for (capability, provider) in providers where provider == entry.name { providers[capability] = nil }
        }
        for entry in running {
            for capability in entry.requires where !isProvided(capability) {
                problems.append(.missing(entry, capability, reason: reasonForAbsence(of: capability)))
            }
        }
    }

    private mutating func findProviders() {
        var first: [CapabilityName: StartEntry] = [:]
        for entry in running {
            for capability in entry.provides {
                if hostProvides.contains(capability) {
                    problems.append(.providedTwice(capability, nil, entry))
                } else if let other = first[capability] {
                    if other != entry { problems.append(.providedTwice(capability, other, entry)) }
                } else {
                    first[capability] = entry
                }
            }
        }
        providers = first.mapValues(\.name)
    }

    private func firstOptionalLoser() -> (Int, CapabilityName)? {
        for (index, entry) in running.enumerated() where !entry.isRequired {
            if let capability = entry.requires.first(where: { !isProvided($0) }) { return (index, capability) }
        }
        return nil
    }

    private func isProvided(_ capability: CapabilityName) -> Bool {
        hostProvides.contains(capability) || providers[capability] != nil
    }

    /// Continues a sentence after `requires "…", `.
    private func reasonForAbsence(of capability: CapabilityName) -> String {
        if let provider = entries.first(where: { $0.provides.contains(capability) }) {
            let reason = leftOut[provider.name] ?? provider.failure ?? "it did not load"
            return "which \"\(provider.name)\" (\(provider.position)) would provide, but that stays out: \(reason)"
        }
        let others = (candidates[capability] ?? []).map { "\"\($0)\"" }
        let hint = others.isEmpty ? "" : "; list \(others.joined(separator: " or "))"
        let unread = entries.filter { $0.failure != nil && $0.provides.isEmpty }.map { "\"\($0.name)\"" }
        let suspects = unread.isEmpty ? "" : "; \(unread.joined(separator: ", ")) did not load and might have"
        return "which no listed plugin provides\(hint)\(suspects)"
    }
}
