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

    /// Runs until SIGTERM or SIGINT, then drains; one that comes while plugins start is heeded when they have. A second
    /// signal ends the process at once, with code 130, whatever it is doing.
    public static func run(_ configuration: EffectiveConfiguration) async -> Outcome {
        let writer = LogWriter()
        HostLogging.bootstrap(configuration.host.log, writer: writer)
        let signals = await TerminationSignals()
        let hangups = await HangupSignals()
        let assembly = Assembly(
            configuration, eventLoopCount: configuration.host.server.eventLoops, isServing: true)
        let (firstSignal, watcher) = signals.watch { signal in
            assembly.logger.warning("Ending at once", metadata: ["signal": "\(signal)"])
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
