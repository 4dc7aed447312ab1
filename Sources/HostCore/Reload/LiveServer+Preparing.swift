import PluginAPI

extension LiveServer {
    /// Loads and makes what the next configuration asks for and does not run, and plans the change. Nothing is touched.
    ///
    /// - Throws: whatever is wrong with the configuration as a whole.
    func prepare(_ next: EffectiveConfiguration) async throws -> PluginSupervisor.Replacement {
        try next.requirePlugins()
        let old = await supervisor.roster
        let running = await supervisor.started.map(\.instance)
        let (assembly, current) = (assembly, current)
        // Loading and making are plugins' code.
        return try await DedicatedThread.run(named: "prepare") {
            try Self.prepare(next, old, running, assembly, current)
        }
    }

    private static func prepare(
        _ next: EffectiveConfiguration, _ old: PluginRoster, _ running: [PluginInstance], _ assembly: Assembly,
        _ current: EffectiveConfiguration
    ) throws -> PluginSupervisor.Replacement {
        let working = Dictionary(
            running.filter { $0.health.report.state != .failed }.map { ($0.descriptor.name.lowercased(), $0) },
            uniquingKeysWith: { first, _ in first })
        var roster = try assembly.roster(of: next.host.plugins, in: next) { entry in
            guard let instance = working[entry.name.lowercased()], entry.asksForTheSame(as: instance.configuration)
            else { return nil }
            return instance
        }
        let failing = failing(old, running)
        try refuseNewFailures(roster, failing)

        var changed: [String: String] = [:]
        for before in running {
            let name = before.descriptor.name
            guard let now = roster[name], now !== before else { continue }
            changed[name] = before.health.report.state == .failed ? "it had failed" : "its settings changed"
        }
        let names = Set(running.map(\.descriptor.name))
        let plan = ReloadPlan(
            from: .init(old.entries.filter { names.contains($0.name) }, providers: old.order.providers),
            to: .init(roster.entries, providers: roster.order.providers),
            changed: changed)
        let dependents = Set(plan.restarting.keys).subtracting(changed.keys)
        let environment = assembly.environment(next)
        try roster.renew(dependents, environment: environment, within: next.host.startTimeout)
        return PluginSupervisor.Replacement(
            roster: roster,
            plan: plan,
            strict: plan.beginning.subtracting(failing).subtracting(
                failed(running).flatMap { roster.order.dependents(of: $0) }),
            drainLimit: next.host.shutdown.deadline,
            environment: assembly.environment(current),
            show: { assembly.readiness.show($0) },
            verify: { try assembly.checkTopology() })
    }

    /// The plugins that were started and have failed since.
    private static func failed(_ running: [PluginInstance]) -> Set<String> {
        Set(running.filter { $0.health.report.state == .failed }.map(\.descriptor.name))
    }

    /// The plugins that are listed and do not run: what fails again was no better before.
    private static func failing(_ old: PluginRoster, _ running: [PluginInstance]) -> Set<String> {
        let names = Set(running.map(\.descriptor.name)).subtracting(failed(running))
        return Set(old.instances.map(\.descriptor.name)).subtracting(names).union(old.leftOut.map(\.name))
    }

    /// An optional plugin may stay out when it did so before, but a change that breaks it is refused.
    private static func refuseNewFailures(_ roster: PluginRoster, _ failing: Set<String>) throws {
        let known = Set(failing.map { $0.lowercased() })
        let new = roster.leftOut.filter { !known.contains($0.name.lowercased()) }
        guard new.isEmpty else { throw PluginRosterError(problems: new.map(\.description)) }
    }
}
