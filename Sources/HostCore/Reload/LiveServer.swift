import Logging
import PluginAPI

/// The running server, which follows its configuration when it is told to: one reload at a time. It runs on the host's
/// thread; files are read and plugins made elsewhere.
actor LiveServer {
    /// Reloads that may wait for the one under way.
    private static let mostWaiting = 8

    let assembly: Assembly
    let supervisor: PluginSupervisor
    let listener: HTTPListener
    /// What the process follows now.
    private(set) var current: EffectiveConfiguration
    let variables: [String: String]
    private var reloads: [Int: Task<ReloadOutcome, Never>] = [:]
    private var count = 0
    private(set) var phase = Phase.starting
    private let watch: ProcessWatch?

    /// How far the process is.
    enum Phase: String {
        case starting, serving, stopping
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor { HostLoop.serialExecutor.asUnownedSerialExecutor() }

    /// - Parameters:
    ///   - variables: the environment of the process.
    ///   - watch: hears of another deadline.
    init(
        _ assembly: Assembly, _ supervisor: PluginSupervisor, _ listener: HTTPListener,
        variables: [String: String] = ProcessEnvironment.variables, watch: ProcessWatch? = nil
    ) {
        self.watch = watch
        self.assembly = assembly
        self.supervisor = supervisor
        self.listener = listener
        self.variables = variables
        current = assembly.configuration
    }

    /// Reads the configuration and follows it, after whoever asked before. Returns with what came of it.
    func reload(because cause: String) async -> ReloadOutcome {
        switch phase {
        case .starting: return .refused("the server is still starting\(waiting)")
        case .stopping: return .refused("the server is stopping")
        case .serving: break
        }
        guard reloads.count <= Self.mostWaiting else {
            return .refused("\(reloads.count) reloads are under way or waiting already")
        }
        let number = count
        count += 1
        let before = reloads[number - 1]
        let reload = Task(executorPreference: HostLoop.executor) { () -> ReloadOutcome in
            _ = await before?.value
            guard !Task.isCancelled else { return .refused("the server is stopping") }
            self.assembly.logger.info("Reading the configuration", metadata: ["cause": "\(cause)"])
            let outcome = await self.follow()
            self.log(outcome)
            return outcome
        }
        reloads[number] = reload
        let outcome = await reload.value
        reloads[number] = nil
        return outcome
    }

    /// The port is open.
    func serve() { phase = .serving }

    /// What is waited for, as the end of a sentence.
    private var waiting: String {
        let lines = assembly.steps.lines()
        return lines.isEmpty ? "" : " (\(lines.joined(separator: "; ")))"
    }

    /// The process is about to stop: no further reload, and the one under way ends as soon as it can.
    func end() async {
        phase = .stopping
        for reload in reloads.values { reload.cancel() }
        for reload in reloads.values { _ = await reload.value }
    }

    private func follow() async -> ReloadOutcome {
        let began = ContinuousClock.now
        var outcome: ReloadOutcome
        do {
            let (path, variables) = (current.path, variables)
            let next = try await DedicatedThread.run(named: "configuration") {
                try EffectiveConfiguration.load(path: path, environment: variables)
            }
            outcome = await follow(next)
        } catch {
            outcome = ReloadOutcome(result: .refused, reasons: PluginFailure.lines(error))
        }
        outcome.took = ContinuousClock.now - began
        return outcome
    }

    private func follow(_ next: EffectiveConfiguration) async -> ReloadOutcome {
        let keys = HostChanges(started: assembly.configuration, current: current, next: next)
        let prepared: PluginSupervisor.Replacement
        let certificate: (@Sendable () -> Void)?
        do {
            let listener = listener
            certificate = try await DedicatedThread.run(named: "certificate") { try listener.renewedCertificate() }
            prepared = try await prepare(next)
        } catch {
            return ReloadOutcome(result: .refused, reasons: PluginFailure.lines(error))
        }
        await supervisor.use(startLimit: next.host.startTimeout)
        var outcome = ReloadOutcome(result: .unchanged)
        if prepared.plan.isEmpty {
            await supervisor.adopt(prepared.roster)
            assembly.readiness.show(prepared.roster)
        } else {
            outcome = await supervisor.replace(prepared)
            assembly.services.routes.endSuspension()
        }
        outcome.needsRestart = keys.needRestart
        guard outcome.isApplied else {
            await supervisor.use(startLimit: current.host.startTimeout)
            return outcome
        }
        await adopt(next)
        certificate?()
        outcome.adopted = keys.adoptable + (certificate == nil ? [] : ["the renewed certificate"])
        if !outcome.adopted.isEmpty { outcome.result = .applied }
        return outcome
    }

    /// What needs no plugin to be restarted.
    private func adopt(_ next: EffectiveConfiguration) async {
        for notice in next.notices where !current.notices.contains(notice) {
            assembly.logger.log(level: notice.severity == .warning ? .warning : .info, "\(notice)")
        }
        current = next
        watch?.use(deadline: next.host.shutdown.deadline)
        HostLogging.use(next.host.log.level)
        listener.follow(ListenerConfiguration(next.host.server), EdgePolicy(next.host.server))
        let entries = Dictionary(
            next.host.plugins.map { ($0.name.lowercased(), $0) }, uniquingKeysWith: { first, _ in first })
        for instance in await supervisor.roster.instances {
            let entry = entries[instance.descriptor.name.lowercased()] ?? instance.configuration
            instance.follow(entry, next.host.shutdown.policy)
        }
    }

    private nonisolated func log(_ outcome: ReloadOutcome) {
        let level: Logger.Level =
            switch outcome.result {
            case .applied, .unchanged, .interrupted: .info
            case .refused, .rolledBack: .error
            case .broken: .critical
            }
        for change in outcome.changes {
            var metadata: Logger.Metadata = ["plugin": "\(change.plugin)", "took": "\(change.took)"]
            if let cause = change.cause { metadata["cause"] = "\(cause)" }
            assembly.logger.log(level: .info, "Plugin \(change.action.rawValue)", metadata: metadata)
        }
        for reason in outcome.reasons { assembly.logger.log(level: level, "\(reason)") }
        for key in outcome.needsRestart { assembly.logger.warning("\(key) needs a restart of the process") }
        assembly.logger.log(
            level: level, "Reload: \(outcome.result.rawValue)", metadata: ["took": "\(outcome.took)"])
    }
}
