import Glibc
import Logging
import Metrics
import NIOCore
import PluginAPI

/// The server, from its configuration to its last log line.
public enum ServeProcess {
    public enum Outcome: Sendable {
        /// Stopped as asked.
        case finished
        /// Stopped, but a plugin did not come to its end; which is in the log.
        case unfinished
        /// Could not start: the configuration, a plugin or the port.
        case refused(any Error)
    }

    /// Runs until SIGTERM or SIGINT, then drains, and ends the process; one that comes while plugins start makes it give up the start. A second
    /// signal ends the process at once, with code 130, and the deadline does, with 124, whatever it is doing.
    ///
    /// - Parameter code: says what there is to say of the outcome, and answers the exit code.
    public static func run(
        _ configuration: EffectiveConfiguration, _ watch: ProcessWatch,
        code: @escaping @Sendable (Outcome) -> Int32
    ) async {
        // On the host's thread to the last instruction: whoever called this may wait for one that a plugin holds.
        await Task(executorPreference: HostLoop.executor) { () -> Void in
            let writer = LogWriter()
            HostLogging.bootstrap(configuration.host.log, writer: writer)
            let assembly = Assembly(
                configuration, eventLoopCount: configuration.host.server.eventLoops, isServing: true)
            watch.use(deadline: configuration.host.shutdown.deadline)
            watch.speak(assembly.logger, writer, assembly.steps)
            MetricsSystem.bootstrap(assembly.services.metrics.process)
            let outcome = await serve(assembly, watch)
            _ = await Bounded.run(for: .seconds(1)) { await assembly.shutDown() }
            let code = code(outcome)
            writer.flush()
            exit(code)
        }.value
    }

    private static func serve(_ assembly: Assembly, _ watch: ProcessWatch) async -> Outcome {
        let start: ServeStart
        do {
            start = try ServeStart(assembly, watch)
        } catch {
            return .refused(error)
        }
        let starting = Task(executorPreference: HostLoop.executor) { try await start.run() }
        let signal = Task(executorPreference: HostLoop.executor) { () -> String? in
            for await signal in watch.terminations {
                starting.cancel()
                return signal
            }
            return nil
        }
        do {
            try await starting.value
        } catch {
            guard watch.isEnding else {
                await start.undo()
                return .refused(error)
            }
            let cause = await signal.value
            assembly.logger.info("Giving up the start", metadata: ["signal": "\(cause ?? "")"])
            await start.undo(until: .now() + .seconds(1))
            return .finished
        }
        // Owned here, and left to itself at the end should a reload hang.
        let following = Task(executorPreference: HostLoop.executor) {
            for await _ in watch.hangups { _ = await start.live.reload(because: "SIGHUP") }
        }
        defer { following.cancel() }
        let cause = await signal.value
        let isDone = await Drain(live: start.live, control: start.control).run(because: cause ?? "the end")
        return isDone ? .finished : .unfinished
    }
}
