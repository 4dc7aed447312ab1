import Logging
import PluginAPI

/// Starts plugins in order, runs them, and stops them in reverse.
///
/// Calls come one after the other: start, any number of replacements, then drain, then stop. A plugin that does not end
/// in time is left behind: it can delay the end of the process, but not prevent it. The supervisor itself runs on the
/// host's thread, and calls plugins on threads of their own.
public actor PluginSupervisor {
    struct Running {
        let instance: PluginInstance
        var run: PluginRun?

        var name: String { instance.descriptor.name }
    }

    public nonisolated var unownedExecutor: UnownedSerialExecutor { HostLoop.serialExecutor.asUnownedSerialExecutor() }

    private(set) var roster: PluginRoster
    /// The plugin's name, whether it will be back in a moment, and until when to wait.
    typealias Withdrawal = @Sendable (String, Bool, NIODeadline) async -> Void

    private let withdraw: Withdrawal
    private let takeBack: @Sendable (String) async -> Void
    private let logger: Logger
    private(set) var startLimit: Duration
    private let stopLimit: Duration
    private(set) var started: [Running] = []
    private var isEnding = false
    /// What plugins did not come to an end with when all were stopped, such as `Echo did not stop within 3s`.
    private(set) var leftBehind: [String] = []

    /// - Parameters:
    ///   - startLimit: for each plugin's `start()`.
    ///   - stopLimit: for each step of a plugin's end: `run()`, `stop()`, and taking back.
    ///   - withdraw: takes out what lets new guests in to the named plugin, and waits for requests under way.
    ///   - takeBack: takes back everything that the named plugin contributed.
    init(
        roster: PluginRoster,
        logger: Logger,
        startLimit: Duration = .seconds(30),
        stopLimit: Duration = .seconds(10),
        withdraw: @escaping Withdrawal = { _, _, _ in },
        takeBack: @escaping @Sendable (String) async -> Void
    ) {
        self.roster = roster
        self.logger = logger
        self.startLimit = startLimit
        self.stopLimit = stopLimit
        self.withdraw = withdraw
        self.takeBack = takeBack
    }

    /// Another limit for each later `start()`.
    func use(startLimit: Duration) { self.startLimit = startLimit }

    /// Other instances of the plugins are the ones to look after.
    func adopt(_ roster: PluginRoster) {
        self.roster = roster
        let places = Dictionary(
            roster.order.names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        started.sort { (places[$0.name] ?? .max) < (places[$1.name] ?? .max) }
    }

    /// Starts every plugin. When a required one fails, those that had started are stopped again.
    ///
    /// - Throws: ``PluginStartError`` naming the required plugin that failed.
    func start() async throws -> StartReport {
        var report = StartReport(leftOut: roster.leftOut)
        do {
            try await begin(roster.instances, required: { $0.configuration.isRequired }) { report.add($0, took: $1) }
        } catch {
            await stop()
            throw error
        }
        return report
    }

    /// Lets every plugin tell its guests and finish what is under way, all at once. Returns at the deadline at the latest.
    func drain(until deadline: NIODeadline) async {
        isEnding = true
        await drain(started, until: deadline)
    }

    /// Stops every plugin, dependents first, and takes back what each contributed.
    ///
    /// - Parameter deadline: by then all of it is over; a plugin that hangs leaves some of the time to the others.
    func stop(until deadline: NIODeadline = .distantFuture) async {
        isEnding = true
        while let running = started.popLast() { await end(running, until: deadline) }
    }
}

// MARK: Steps

extension PluginSupervisor {
    /// Starts plugins in order; their long work begins when all have.
    ///
    /// - Parameters:
    ///   - required: whether this must not go on without the plugin.
    ///   - tell: hears of each plugin what it took.
    /// - Throws: ``PluginStartError`` of the first plugin that takes a required one along; those before it run on.
    func begin(
        _ instances: [PluginInstance],
        required: (PluginInstance) -> Bool,
        _ tell: (PluginInstance, Duration) -> Void
    ) async throws(PluginStartError) {
        var lost: [String: String] = [:]
        for instance in instances {
            // The process ends, and nobody waits for it any more.
            if isEnding || Task.isCancelled { break }
            let name = instance.descriptor.name
            if let cause = lost[name] {
                instance.health.advance(to: .failed, reason: cause)
                tell(instance, .zero)
                continue
            }
            let began = ContinuousClock.now
            let outcome = await Result { [startLimit] in try await instance.start(within: startLimit) }
            tell(instance, ContinuousClock.now - began)
            switch outcome {
            case .success where isEnding:
                // Nobody waited for it any more.
                await end(Running(instance: instance))
            case .success:
                started.append(Running(instance: instance))
            case .failure(let error):
                _ = await Bounded.run(for: stopLimit, on: instance.threads, cancellation: .ignored) { [takeBack] in
                    await takeBack(name)
                }
                instance.threads.retire()
                let dependents = roster.order.dependents(of: name)
                let concerned = [name] + dependents
                if instances.contains(where: { concerned.contains($0.descriptor.name) && required($0) }) {
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
        // Owned by the supervisor: ended in `end(_:)`.
        for index in started.indices where started[index].run == nil {
            started[index].run = PluginRun(started[index].instance)
        }
    }

    /// Ends some plugins while the others run on: nobody new comes in, all at once tell their guests and finish what is
    /// under way, and then they stop, dependents first.
    ///
    /// - Parameter returning: those that will be back in a moment.
    /// - Returns: how long after the beginning each had ended.
    func end(
        _ names: Set<String>, returning: Set<String> = [], within limit: Duration
    ) async -> [(plugin: String, took: Duration)] {
        let leaving = started.filter { names.contains($0.name) }
        guard !leaving.isEmpty else { return [] }
        let began = ContinuousClock.now
        let deadline = NIODeadline.now() + .nanoseconds(limit.wholeNanoseconds)
        await withDiscardingTaskGroup { group in
            for name in leaving.map(\.name) {
                let isReturning = returning.contains(name)
                group.addTask { [withdraw] in await withdraw(name, isReturning, deadline) }
            }
            group.addTask { await self.drain(leaving, until: deadline) }
        }
        var ended: [(plugin: String, took: Duration)] = []
        for running in leaving.reversed() {
            // One that the end of the process has been faster with.
            guard let index = started.firstIndex(where: { $0.instance === running.instance }) else { continue }
            started.remove(at: index)
            // Not cut short by the process's end: what is half stopped can be neither used nor left.
            await Task(executorPreference: HostLoop.executor) { await self.end(running) }.value
            ended.append((running.name, ContinuousClock.now - began))
        }
        return ended
    }

    private func drain(_ plugins: [Running], until deadline: NIODeadline) async {
        await withDiscardingTaskGroup { group in
            for instance in plugins.map(\.instance) {
                group.addTask { [logger] in
                    if await !instance.drain(until: deadline) {
                        logger.warning(
                            "A plugin did not drain in time", metadata: ["plugin": "\(instance.descriptor.name)"])
                    }
                }
            }
        }
    }

    private func end(_ running: Running, until deadline: NIODeadline = .distantFuture) async {
        let instance = running.instance
        if let run = running.run {
            run.cancel()
            await finish(instance, "run()", "end its work", until: deadline, on: HostLoop.executor) {
                await run.ended()
            }
        }
        await finish(instance, "stop()", "stop", until: deadline, on: instance.threads) { await instance.stop() }
        await finish(
            instance, "taking back", "give back what it contributed", until: deadline, on: instance.threads
        ) { [takeBack] in
            await takeBack(instance.descriptor.name)
        }
        instance.threads.retire()
    }

    private func finish(
        _ instance: PluginInstance, _ step: String, _ aim: String, until deadline: NIODeadline,
        on executor: any TaskExecutor, _ body: @escaping @Sendable () async -> Void
    ) async {
        // What is left after three steps that use up their share is still a third of it, for the plugins after this one.
        let share = Duration.nanoseconds(max(0, (deadline - .now()).nanoseconds / 3))
        let limit = min(stopLimit, max(share, .milliseconds(50)))
        let isDone: Void? = await instance.step(step) {
            await Bounded.run(for: limit, on: executor, cancellation: .ignored, body)
        }
        guard isDone == nil else { return }
        let reason = "did not \(aim) within \(DurationText.format(limit))"
        instance.health.advance(to: .failed, reason: reason)
        // What a reload left behind was said then.
        if isEnding { leftBehind.append("\(instance.descriptor.name) \(reason)") }
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
