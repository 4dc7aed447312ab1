import Logging
import PluginAPI

/// Starts plugins in order, runs them, and stops them in reverse.
///
/// Calls come one after the other: start, then drain, then stop.
public actor PluginSupervisor {
    private let roster: PluginRoster
    private let takeBack: @Sendable (String) async -> Void
    private let logger: Logger
    private var started: [PluginInstance] = []
    private var runs: [Task<Void, Never>] = []

    /// - Parameter takeBack: takes back everything that the named plugin contributed.
    init(roster: PluginRoster, logger: Logger, takeBack: @escaping @Sendable (String) async -> Void) {
        self.roster = roster
        self.logger = logger
        self.takeBack = takeBack
    }

    /// Starts every plugin. When a required one fails, those that had started are stopped again.
    ///
    /// - Throws: ``PluginStartError`` naming the required plugin that failed.
    func start() async throws -> StartReport {
        var report = StartReport(leftOut: roster.leftOut)
        var lost: [String: String] = [:]
        for instance in roster.instances {
            let name = instance.descriptor.name
            if let cause = lost[name] {
                instance.health.advance(to: .failed, reason: cause)
                report.add(instance, took: .zero)
                continue
            }
            let began = ContinuousClock.now
            do {
                try await instance.start()
                started.append(instance)
                report.add(instance, took: ContinuousClock.now - began)
            } catch {
                await takeBack(name)
                report.add(instance, took: ContinuousClock.now - began)
                let dependents = roster.order.dependents(of: name)
                let required = [name] + dependents
                if roster.instances.contains(where: { required.contains($0.descriptor.name) && $0.configuration.isRequired }) {
                    await stop()
                    throw PluginStartError(
                        plugin: name,
                        place: instance.configuration.origin.description,
                        reason: PluginFailure.text(error)
                    )
                }
                for dependent in dependents { lost[dependent] = "requires \(name), which failed to start" }
            }
        }
        // Owned by the supervisor: ended in `stop()`.
        runs = started.map { instance in Task { await instance.run() } }
        return report
    }

    /// Lets every plugin tell its guests and finish what is under way, all at once.
    func drain(until deadline: NIODeadline) async {
        await withDiscardingTaskGroup { group in
            for instance in started {
                group.addTask { await instance.drain(until: deadline) }
            }
        }
    }

    /// Stops every plugin, dependents first, and takes back what each contributed.
    func stop() async {
        for run in runs { run.cancel() }
        for run in runs { await run.value }
        runs = []
        while let instance = started.popLast() {
            await instance.stop()
            await takeBack(instance.descriptor.name)
        }
    }
}

/// A required plugin did not start.
public struct PluginStartError: Error, Sendable, CustomStringConvertible {
    public let plugin: String
    public let place: String
    public let reason: String

    public var description: String { "\(place): plugin \"\(plugin)\" did not start: \(reason)" }
}
