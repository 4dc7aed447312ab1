import Glibc
import PluginAPI
import ServiceLifecycle

/// A plugin that holds threads or never comes to an end, where its settings say so.
private struct StubbornFactory: PluginFactory {
    let descriptor = PluginDescriptor(
        name: "StubbornFixture",
        version: "1.0.0",
        summary: "Blocks and hangs as it is told.",
        settings: [
            .string(
                "blocks",
                "Where: make, start, start_suspended, run, run_children, run_shared, cancel, drain, stop or check.")
        ])

    func make(_ context: PluginContext) throws -> any Plugin {
        let place = try context.settings.optionalString("blocks")
        if place == "make" { block() }
        return Stubborn(context: context, place: place)
    }
}

private struct Stubborn: Plugin {
    let context: PluginContext
    let place: String?

    func start() async throws {
        if place == "start" { block() }
        if place == "start_suspended" { await never() }
        if place == "check" { context.healthCheck { block() } }
    }

    func run() async throws {
        switch place {
        case "run": block()
        case "run_children":
            // More than there are threads for tasks on a small machine.
            await withDiscardingTaskGroup { group in
                for _ in 0..<16 { group.addTask { block() } }
            }
        case "run_shared":
            for _ in 0..<256 { Task.detached { block() } }
            try await gracefulShutdown()
        case "cancel":
            await withTaskCancellationHandler {
                await never()
            } onCancel: {
                block()
            }
        default: try await gracefulShutdown()
        }
    }

    func drain(until deadline: NIODeadline) async {
        if place == "drain" { block() }
    }

    func stop() async {
        if place == "stop" { block() }
    }
}

/// Holds the thread for good.
private func block() { while true { sleep(3600) } }

/// Is suspended for good, whether or not the task is cancelled.
private func never() async {
    await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
}

/// The entry of `libStubbornFixture.so`.
@c(replyhq_plugin_stubbornfixture)
public func entry() -> UnsafeMutableRawPointer { PluginHandle.export { StubbornFactory() } }
