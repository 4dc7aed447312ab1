import Metrics
import PluginAPI
import ServiceLifecycle
import Synchronization

/// A plugin that does what its settings say, for the tests of reloading, of commands and of the control socket.
private struct SwitchableFactory: CommandProviding {
    let descriptor = PluginDescriptor(
        name: "SwitchableFixture",
        version: "1.0.0",
        summary: "Starts, fails, answers and stops as it is told.",
        follows: [Capability<any Presence>.presence.name],
        settings: [
            .string("text", default: "hello", "What GET /switchable answers."),
            .string("path", default: "/switchable", "Where it answers."),
            .string("fails", "In which step it fails: make, start or run."),
            .duration("start_delay", default: .zero, in: .zero ... .seconds(60), "How long its start takes."),
        ])

    func make(_ context: PluginContext) throws -> any Plugin {
        if try context.settings.optionalString("fails") == "make" { throw FixtureFailure(step: "make") }
        return Switchable(
            context: context, text: try context.settings.string("text"), path: try context.settings.string("path"),
            fails: try context.settings.optionalString("fails"), delay: try context.settings.duration("start_delay"))
    }

    var commands: [PluginCommand] { FixtureCommands.all }
}

private struct FixtureFailure: Error, CustomStringConvertible {
    let step: String

    var description: String { "told to fail in \(step)" }
}

private final class Tally: Sendable {
    private let count = Mutex<Int64>(0)

    var value: Int64 { count.withLock { $0 } }

    func add() { count.withLock { $0 += 1 } }
}

private final class Switchable: Plugin {
    private let context: PluginContext
    private let text: String
    private let path: String
    private let fails: String?
    private let delay: Duration
    /// A request that waits until it is let go.
    private let gate = AsyncStream.makeStream(of: Void.self)
    private let waiting = Tally()
    private let requests: Counter

    init(context: PluginContext, text: String, path: String, fails: String?, delay: Duration) {
        self.context = context
        // Made before the plugin starts, as some of the shipped ones do.
        requests = Counter(label: "switchable_requests_total", factory: context.metrics)
        self.text = text
        self.path = path
        self.fails = fails
        self.delay = delay
    }

    func start() async throws {
        Gauge(label: "switchable_started", dimensions: [("text", text)], factory: context.metrics).record(1)
        if delay > .zero { try await Task.sleep(for: delay) }
        let presence = context.follow(.presence)
        try context.routes { [path, text, gate, waiting, requests] router in
            router.get(RouterPath(path)) { _, _ in
                requests.increment()
                return text
            }
            router.get(RouterPath("\(path)/slow")) { _, _ in
                waiting.add()
                for await _ in gate.stream { break }
                return "slow \(text)"
            }
        }
        context.control("state") { [text] body in
            ["text": .string(text), "presence": .bool(presence.value != nil), "asked": .object(body)]
        }
        context.control("refuse") { _ in throw ChatError(.conversationNotFound, "there is nothing here") }
        context.control("waiting") { [waiting] _ in .int(waiting.value) }
        context.control("release") { [gate] _ in
            gate.continuation.yield()
            return .object([:])
        }
        if fails == "start" { throw FixtureFailure(step: "start") }
    }

    func run() async throws {
        if fails == "run" { throw FixtureFailure(step: "run") }
        try await gracefulShutdown()
    }

    func drain(until deadline: NIODeadline) async {
        context.logger.notice("Switchable says goodbye", metadata: ["text": "\(text)"])
    }
}

/// The entry of `libSwitchableFixture.so`.
@c(replyhq_plugin_switchablefixture)
public func entry() -> UnsafeMutableRawPointer { PluginHandle.export { SwitchableFactory() } }
