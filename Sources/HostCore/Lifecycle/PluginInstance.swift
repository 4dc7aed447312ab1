import Logging
import PluginAPI
import ServiceLifecycle
import Synchronization

/// One plugin of this process: its image, its state, and its steps through life (``Plugin``).
///
/// The supervisor calls the steps one after the other; nothing here is concurrent but the plugin's own `run()`.
public final class PluginInstance: Sendable {
    public let health: PluginHealth
    let plugin: any Plugin
    /// Where the plugin's code is called.
    let threads: PluginThreads
    private let steps: PluginSteps
    private let image: PluginImage
    private let entry: Mutex<PluginConfiguration>
    private let context: PluginContext
    private let door: PluginDoor
    private let metrics: MetricsScope
    private let registry: MetricsRegistry
    private let logger: Logger

    /// - Throws: ``ConfigurationErrors`` for its settings, or what the plugin itself finds wrong with them.
    init(image: PluginImage, configuration: PluginConfiguration, environment: PluginEnvironment) throws {
        self.image = image
        threads = PluginThreads(named: image.descriptor.name)
        steps = environment.steps
        entry = Mutex(configuration)
        var logger = environment.logger
        logger[metadataKey: "plugin"] = "\(image.descriptor.name)"
        self.logger = logger
        let last = Mutex(PluginState.loaded)
        let health = PluginHealth(clock: environment.clock) { [logger] report in
            let before = last.withLock { exchange(&$0, with: report.state) }
            switch report.state {
            case .degraded: logger.warning("Plugin is degraded", metadata: ["reason": "\(report.reason ?? "")"])
            case .failed: logger.error("Plugin failed", metadata: ["reason": "\(report.reason ?? "")"])
            // As visible as what it ends.
            case .ready where before == .degraded: logger.warning("Plugin works fully again")
            default: logger.debug("Plugin is \(report.state.rawValue)")
            }
        }
        self.health = health
        let settings = try configuration.resolve(image.descriptor.settings)
        var environment = environment
        door = PluginDoor(environment.host)
        environment.host = door
        registry = environment.metrics
        metrics = MetricsScope(owner: image.descriptor.name, help: image.descriptor.metrics, logger: logger)
        context = environment.context(
            for: image.descriptor, isRequired: configuration.isRequired, settings: settings, logger: logger,
            health: health, metrics: metrics)
        plugin = try image.factory.make(context)
    }

    public var configuration: PluginConfiguration { entry.withLock { $0 } }
    public var descriptor: PluginDescriptor { image.descriptor }
    public var stamp: PluginStamp { image.stamp }
    public var path: String { image.path }

    /// The plugin stays, but its entry has moved in the file, is required or not any more, or the host's shutdown goes
    /// another way.
    func follow(_ configuration: PluginConfiguration, _ shutdown: ShutdownPolicy) {
        entry.withLock { $0 = configuration }
        context.use(shutdown)
    }

    /// A new one of the same image and settings: an instance lives once.
    func again(_ environment: PluginEnvironment) throws -> PluginInstance {
        try PluginInstance(image: image, configuration: configuration, environment: environment)
    }

    /// Starts the plugin. When it throws, the plugin has been stopped again.
    ///
    /// - Throws: ``PluginStartTimeout`` at the limit, or what the plugin threw.
    func start(within limit: Duration) async throws {
        health.advance(to: .starting)
        registry.show(metrics)
        do {
            let outcome = await step("start()") { [plugin, threads] in
                await Bounded.run(for: limit, on: threads, cancellation: .passedOn(.milliseconds(300))) {
                    await Result { try await plugin.start() }
                }
            }
            guard let outcome else {
                if Task.isCancelled { throw CancellationError() }
                throw PluginStartTimeout(limit: limit)
            }
            try outcome.get()
        } catch {
            // What is still under way in it must not contribute behind the back of whoever takes everything back.
            door.close()
            // It failed already; should it hang as well, the others are still stopped.
            let patience: Duration = Task.isCancelled ? .milliseconds(300) : .seconds(10)
            await step("stop()") { [plugin, threads] in
                _ = await Bounded.run(for: patience, on: threads, cancellation: .ignored) { await plugin.stop() }
            }
            health.advance(to: .failed, reason: PluginFailure.text(error))
            throw error
        }
        health.advance(to: .ready)
    }

    /// The plugin's long work. An error is the plugin's failure, not the process's.
    func run() async {
        do {
            try await plugin.run()
        } catch is CancellationError where Task.isCancelled {
            // It was told to end.
        } catch {
            health.advance(to: .failed, reason: PluginFailure.text(error))
        }
    }

    /// - Returns: whether the plugin came to its end before the deadline.
    func drain(until deadline: NIODeadline) async -> Bool {
        await step("drain()") { [plugin, threads] in
            await Bounded.run(until: deadline, on: threads) { await plugin.drain(until: deadline) } != nil
        }
    }

    func stop() async {
        health.advance(to: .stopping)
        door.close()
        await plugin.stop()
        health.advance(to: .stopped)
    }

    /// What is under way in the plugin is known by this name meanwhile.
    func step<Value: Sendable>(
        _ name: String, isolation: isolated (any Actor)? = #isolation, _ body: () async -> Value
    ) async -> Value {
        let token = steps.begin(name, of: descriptor.name)
        defer { steps.end(token) }
        return await body()
    }
}

/// A plugin was still starting at the limit.
struct PluginStartTimeout: Error, CustomStringConvertible {
    let limit: Duration

    var description: String { "did not start within \(DurationText.format(limit))" }
}

extension Result where Failure == any Error {
    /// What an asynchronous call answered or threw.
    init(_ body: () async throws -> Success) async {
        do {
            self = .success(try await body())
        } catch {
            self = .failure(error)
        }
    }
}

enum PluginFailure {
    /// One line that says what went wrong.
    static func text(_ error: any Error) -> String {
        ErrorText.plain(error).split(whereSeparator: \.isNewline).joined(separator: "; ")
    }
}
