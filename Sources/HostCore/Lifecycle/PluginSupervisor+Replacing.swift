import PluginAPI

extension PluginSupervisor {
    /// What a replacement of plugins consists of.
    struct Replacement: Sendable {
        var roster: PluginRoster
        var plan: ReloadPlan
        /// Plugins whose failure is the whole replacement's, though they are not required.
        var strict: Set<String>
        /// How long the guests of those that end have.
        var drainLimit: Duration
        /// For the old ones, should they have to come back.
        var environment: PluginEnvironment
        /// Hears which instances are the ones to look at.
        var show: @Sendable (PluginRoster) -> Void
        /// Throws what is wrong with the new ones as a whole.
        var verify: @Sendable () throws -> Void
    }

    /// Stops what leaves, starts what comes; when that fails, the old ones come back.
    ///
    /// - Returns: what happened, and the failure if there was one.
    func replace(_ replacement: Replacement) async -> ReloadOutcome {
        let (old, plan) = (roster, replacement.plan)
        var outcome = ReloadOutcome(result: .applied)
        let ended = await end(
            plan.ending, returning: Set(plan.restarting.keys), within: replacement.drainLimit)
        outcome.changes = ended.filter { plan.leaving.contains($0.plugin) }.map {
            .init(plugin: $0.plugin, action: .stopped, took: $0.took)
        }
        guard !Task.isCancelled else { return outcome.interrupted }
        adopt(replacement.roster)
        replacement.show(replacement.roster)
        let times = Dictionary(ended.map { ($0.plugin, $0.took) }, uniquingKeysWith: { first, _ in first })
        do {
            let coming = replacement.roster.instances.filter { plan.beginning.contains($0.descriptor.name) }
            try await begin(coming) { instance in
                instance.configuration.isRequired || replacement.strict.contains(instance.descriptor.name)
            } _: { instance, took in
                outcome.changes.append(change(instance, plan, took: took, ended: times))
            }
            adopt(replacement.roster)
            try replacement.verify()
        } catch {
            guard !Task.isCancelled else { return outcome.interrupted }
            return await rollBack(to: old, replacement, because: error)
        }
        return Task.isCancelled ? outcome.interrupted : outcome
    }

    private func change(
        _ instance: PluginInstance, _ plan: ReloadPlan, took: Duration, ended: [String: Duration]
    ) -> ReloadOutcome.Change {
        let name = instance.descriptor.name
        let health = instance.health.report
        if health.state == .failed {
            return .init(plugin: name, action: .failed, took: took, cause: health.reason)
        }
        guard let cause = plan.restarting[name] else { return .init(plugin: name, action: .started, took: took) }
        return .init(plugin: name, action: .restarted, took: took + (ended[name] ?? .zero), cause: cause)
    }

    /// Ends what was new and starts what had been ended.
    private func rollBack(
        to old: PluginRoster, _ replacement: Replacement, because error: any Error
    ) async -> ReloadOutcome {
        var outcome = ReloadOutcome(result: .rolledBack, reasons: PluginFailure.lines(error))
        _ = await end(replacement.plan.beginning, within: replacement.drainLimit)
        let (back, failures) = await renewed(old, replacement)
        let lost = leaveOut(failures, of: back)
        if !lost.isEmpty { outcome.result = .broken }
        outcome.changes += lost
        adopt(back)
        replacement.show(back)
        let returning = back.instances.filter { instance in
            !started.contains { $0.instance === instance } && replacement.plan.ending.contains(instance.descriptor.name)
                && !lost.contains { $0.plugin == instance.descriptor.name }
        }
        do {
            try await begin(returning, required: { _ in false }) { instance, took in
                let health = instance.health.report
                let isBack = health.state != .failed
                outcome.changes.append(
                    .init(
                        plugin: instance.descriptor.name, action: isBack ? .restarted : .failed, took: took,
                        cause: isBack ? "as it was before" : health.reason))
                if !isBack { outcome.result = .broken }
            }
        } catch {
            // None of them was called required.
            outcome.reasons += PluginFailure.lines(error)
        }
        adopt(back)
        return Task.isCancelled ? outcome.interrupted : outcome
    }

    /// New instances of the old plugins, made on another thread, as that is plugins' code; and what cannot be made.
    private func renewed(
        _ old: PluginRoster, _ replacement: Replacement
    ) async -> (PluginRoster, [String: any Error]) {
        let (names, environment, limit) = (replacement.plan.ending, replacement.environment, startLimit)
        do {
            return try await DedicatedThread.run(named: "roll back") {
                var back = old
                let failures = back.renewEach(names, environment: environment, within: limit)
                return (back, failures)
            }
        } catch {
            return (old, Dictionary(uniqueKeysWithValues: names.map { ($0, error) }))
        }
    }

    /// Says of plugins that cannot be made again, though they were made from the same settings before, and of those that
    /// require them that they have failed. In start order.
    private func leaveOut(_ failures: [String: any Error], of roster: PluginRoster) -> [ReloadOutcome.Change] {
        var reasons = failures.mapValues { "could not be made again: \(PluginFailure.text($0))" }
        for name in roster.order.names where failures[name] != nil {
            for dependent in roster.order.dependents(of: name) where reasons[dependent] == nil {
                reasons[dependent] = "requires \(name), which could not be made again"
            }
        }
        return roster.instances.compactMap { instance in
            let name = instance.descriptor.name
            guard let reason = reasons[name], !started.contains(where: { $0.instance === instance }) else { return nil }
            instance.health.advance(to: .failed, reason: reason)
            return .init(plugin: name, action: .failed, cause: reason)
        }
    }
}

extension ReloadOutcome {
    fileprivate var interrupted: ReloadOutcome {
        var outcome = self
        outcome.result = .interrupted
        return outcome
    }
}

extension PluginFailure {
    /// The lines that say what went wrong.
    static func lines(_ error: any Error) -> [String] {
        ErrorText.plain(error).split(whereSeparator: \.isNewline).map(String.init)
    }
}
