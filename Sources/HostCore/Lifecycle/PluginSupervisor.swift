import Logging
import PluginAPI

/// Starts plugins in order, runs them, and stops them in reverse.
///
/// Calls come one after the other: start, then drain, then stop. A plugin that does not end in time is left behind: it
/// can delay the end of the process, but not prevent it.
public actor PluginSupervisor {
    private struct Running {
        let instance: PluginInstance
        var run: Task<Void, Never>?
    }

    private let roster: PluginRoster
    private let takeBack: @Sendable (String) async -> Void
    private let logger: Logger
    private let startLimit: Duration
    private let stopLimit: Duration
    private var started: [Running] = []

    /// - Parameters:
    ///   - startLimit: for each plugin's `start()`.
    ///   - stopLimit: for each step of a plugin's end: `run()`, `stop()`, and taking back.
    ///   - takeBack: takes back everything that the named plugin contributed.
    init(
        roster: PluginRoster,
        logger: Logger,
        startLimit: Duration = .seconds(30),
        stopLimit: Duration = .seconds(10),
        takeBack: @escaping @Sendable (String) async -> Void
    ) {
        self.roster = roster
        self.logger = logger
        self.startLimit = startLimit
        self.stopLimit = stopLimit
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
                try await instance.start(within: startLimit)
                started.append(Running(instance: instance))
                report.add(instance, took: ContinuousClock.now - began)
            } catch {
                await takeBack(name)
                report.add(instance, took: ContinuousClock.now - began)
                let dependents = roster.order.dependents(of: name)
                let required = [name] + dependents
                if roster.instances.contains(where: {
                    required.contains($0.descriptor.name) && $0.configuration.isRequired
                }) {
                    await stop()
                    throw PluginStartError(
                        plugin: name,
                        place: instance.configuration.origin.description,
                        reason: PluginFailure.text(error),
                        isLate: error is PluginStartTimeout
                    )
                }
                for dependent in dependents { lost[dependent] = "requires \(name), which failed to start" }
            }
        }
        // Owned by the supervisor: ended in `stop()`.
        for index in started.indices {
            let instance = started[index].instance
            started[index].run = Task { await instance.run() }
        }
        return report
    }

    /// Lets every plugin tell its guests and finish what is under way, all at once. Returns at the deadline at the latest.
    func drain(until deadline: NIODeadline) async {
        await withDiscardingTaskGroup { group in
            for instance in started.map(\.instance) {
                group.addTask { [logger] in
                    let isDone: Void? = await Bounded.run(until: deadline) { await instance.drain(until: deadline) }
                    if isDone == nil {
                        logger.warning(
                            "A plugin did not drain in time", metadata: ["plugin": "\(instance.descriptor.name)"])
                    }
                }
            }
        }
    }

    /// Stops every plugin, dependents first, and takes back what each contributed.
    func stop() async {
        while let running = started.popLast() {
            let instance = running.instance
            running.run?.cancel()
            await finish(instance, "end its work") { await running.run?.value }
            await finish(instance, "stop") { await instance.stop() }
            await finish(instance, "give back what it contributed") { [takeBack] in
                await takeBack(instance.descriptor.name)
            }
        }
    }

    private func finish(_ instance: PluginInstance, _ step: String, _ body: @escaping @Sendable () async -> Void) async
    {
        let isDone: Void? = await Bounded.run(for: stopLimit, body)
        guard isDone == nil else { return }
        instance.health.advance(to: .failed, reason: "did not \(step) within \(stopLimit)")
    }
}

/// A required plugin did not start.
public struct PluginStartError: Error, Sendable, CustomStringConvertible {
    public let plugin: String
    public let place: String
    public let reason: String
    /// It ran out of time, which is all there is to say.
    let isLate: Bool

    public var description: String {
        "\(place): plugin \"\(plugin)\" \(isLate ? reason : "did not start: \(reason)")"
    }
}
