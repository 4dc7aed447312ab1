import PluginAPI
import Synchronization

/// A plugin that notes its steps, and does in them what a test wants.
struct FakePlugin: Plugin {
    typealias Step = @Sendable (PluginContext) async throws -> Void

    let name: String
    let context: PluginContext
    let journal: Journal
    let behaviour: FakeBehaviour

    func start() async throws {
        journal.note("start \(name)")
        for capability in behaviour.provides { try context.provide("by \(name)", as: Capability<String>(capability)) }
        try await behaviour.start(context)
    }

    func run() async throws {
        journal.note("run \(name)")
        try await behaviour.run(context)
    }

    func drain(until deadline: NIODeadline) async {
        journal.note("drain \(name)")
        try? await behaviour.drain(context)
    }

    func stop() async {
        journal.note("stop \(name)")
        try? await behaviour.stop(context)
    }
}

/// What a fake plugin is and does.
struct FakeBehaviour: Sendable {
    var provides: [CapabilityName] = []
    var requires: [CapabilityName] = []
    var wants: [CapabilityName] = []
    var isRequired = true
    /// What the descriptor lists; nil: what it provides.
    var lists: [CapabilityName]?
    var make: @Sendable () throws -> Void = {}
    var start: FakePlugin.Step = { _ in }
    var run: FakePlugin.Step = { _ in try await untilCancelled() }
    var drain: FakePlugin.Step = { _ in }
    var stop: FakePlugin.Step = { _ in }
}

struct FakeFactory: PluginFactory {
    let descriptor: PluginDescriptor
    let journal: Journal
    let behaviour: FakeBehaviour

    func make(_ context: PluginContext) throws -> any Plugin {
        try behaviour.make()
        return FakePlugin(name: descriptor.name, context: context, journal: journal, behaviour: behaviour)
    }
}

struct FakeError: Error {}

/// What happened, in order.
final class Journal: Sendable {
    private let lines = Mutex<[String]>([])

    var all: [String] { lines.withLock { $0 } }

    func note(_ line: String) { lines.withLock { $0.append(line) } }

    func lines(_ prefix: String) -> [String] { all.filter { $0.hasPrefix(prefix) } }
}

/// Waits for the task's cancellation and for nothing else.
func untilCancelled() async throws {
    let (stream, _) = AsyncStream.makeStream(of: Never.self)
    for await _ in stream {}
    try Task.checkCancellation()
}

/// Something that never comes, not even by cancellation, until the test lets go of it.
final class Hang: Sendable {
    private let waiting = Mutex<(isOpen: Bool, [CheckedContinuation<Void, Never>])>((false, []))

    func wait() async {
        await withCheckedContinuation { continuation in
            let isOpen = waiting.withLock { waiting in
                if !waiting.isOpen { waiting.1.append(continuation) }
                return waiting.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }

    func release() {
        let all = waiting.withLock { waiting in
            defer { waiting = (true, []) }
            return waiting.1
        }
        for continuation in all { continuation.resume() }
    }
}
