import PluginAPI

/// What has to happen to get from the plugins that run to those that are to run: a pure value.
///
/// A plugin that stays is restarted only if it may hold on to something that goes: a capability that it requires or
/// wants has another provider, or a provider that is restarted. What a plugin follows restarts nobody.
struct ReloadPlan: Hashable {
    /// One side of the change.
    struct Side {
        var entries: [StartEntry]
        var providers: [CapabilityName: String]

        /// - Parameter providers: of whatever plugins; those that are not among the entries do not count.
        init(_ entries: [StartEntry], providers: [CapabilityName: String]) {
            let names = Set(entries.map(\.name))
            self.entries = entries
            self.providers = providers.filter { names.contains($0.value) }
        }
    }

    /// Plugins that run and shall not.
    let leaving: Set<String>
    /// Plugins that do not run and shall.
    let coming: Set<String>
    /// Plugins that run and shall run anew, each with the cause.
    let restarting: [String: String]

    /// Whatever runs now and is stopped.
    var ending: Set<String> { leaving.union(restarting.keys) }
    /// Whatever is started.
    var beginning: Set<String> { coming.union(restarting.keys) }
    var isEmpty: Bool { leaving.isEmpty && coming.isEmpty && restarting.isEmpty }

    /// - Parameter changed: plugins on both sides that are restarted whatever the others do, each with the cause.
    init(from before: Side, to after: Side, changed: [String: String]) {
        let (old, new) = (Set(before.entries.map(\.name)), Set(after.entries.map(\.name)))
        leaving = old.subtracting(new)
        coming = new.subtracting(old)
        var restarting = changed.filter { old.contains($0.key) && new.contains($0.key) }
        let staying = after.entries.filter { old.contains($0.name) }
        var isSettled = false
        while !isSettled {
            isSettled = true
            for entry in staying where restarting[entry.name] == nil {
                let causes = (entry.requires + entry.wants).lazy.compactMap {
                    Self.cause($0, before.providers[$0], after.providers[$0], restarting)
                }
                guard let cause = causes.first else { continue }
                restarting[entry.name] = cause
                isSettled = false
            }
        }
        self.restarting = restarting
    }

    private static func cause(
        _ capability: CapabilityName, _ before: String?, _ after: String?, _ restarting: [String: String]
    ) -> String? {
        switch (before, after) {
        case (nil, nil): nil
        case (nil, let provider?): "\(provider) provides \"\(capability)\" now"
        case (let provider?, nil): "\(provider) no longer provides \"\(capability)\""
        case (let old?, let new?) where old != new: "\"\(capability)\" comes from \(new) now"
        case (_, let provider?): restarting[provider].map { _ in "it uses \"\(capability)\" of \(provider)" }
        }
    }
}
