import Logging
import PluginAPI

/// Starts plugins in order, runs them, and stops them in reverse.
///
/// Calls come one after the other: start, any number of replacements, then drain, then stop. A plugin that does not end
/// in time is left behind: it can delay the end of the process, but not prevent it.
public actor PluginSupervisor {
    struct Running {
        let instance: PluginInstance
        var run: Task<Void, Never>?

        var name: String { instance.descriptor.name }
    }

    private(set) var roster: PluginRoster
    /// The plugin's name, whether it will be back in a moment, and until when to wait.
    typealias Withdrawal = @Sendable (String, Bool, NIODeadline) async -> Void

    private let withdraw: Withdrawal
    private let takeBack: @Sendable (String) async -> Void
    private let logger: Logger
    private var startLimit: Duration
    private let stopLimit: Duration
    private(set) var started: [Running] = []
    private var isEnding = false

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
    func stop() async {
        isEnding = true
        while let running = started.popLast() { await end(running) }
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
                _ = await Bounded.run(for: stopLimit) { [takeBack] in await takeBack(name) }
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
            let instance = started[index].instance
            started[index].run = Task { await instance.run() }
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
            await Task { await self.end(running) }.value
            ended.append((running.name, ContinuousClock.now - began))
        }
        return ended
    }

    private func drain(_ plugins: [Running], until deadline: NIODeadline) async {
        await withDiscardingTaskGroup { group in
            for instance in plugins.map(\.instance) {
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

    private func end(_ running: Running) async {
        let instance = running.instance
        running.run?.cancel()
        await finish(instance, "end its work") { await running.run?.value }
        await finish(instance, "stop") { await instance.stop() }
        await finish(instance, "give back what it contributed") { [takeBack] in
            await takeBack(instance.descriptor.name)
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
