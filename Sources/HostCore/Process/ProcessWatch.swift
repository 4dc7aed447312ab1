import Glibc
import Logging
import PluginAPI
import Synchronization

/// A thread that hears the signals and sees to it that the process ends in time, whatever its other threads do.
public final class ProcessWatch: Sendable {
    /// How the last words are said.
    private struct Voice {
        var logger: Logger
        var writer: LogWriter
        var steps: PluginSteps
    }

    private struct State {
        var termination = Termination()
        var deadline = Duration.seconds(30)
        var voice: Voice?
    }

    /// The name of the first SIGTERM or SIGINT, for one reader; kept until it is read.
    let terminations: AsyncStream<String>
    /// An element for SIGHUP, for one reader; several that nobody has read yet are one.
    let hangups: AsyncStream<Void>
    private let terminated: AsyncStream<String>.Continuation
    private let hungUp: AsyncStream<Void>.Continuation
    private let state = Mutex(State())

    private init() {
        (terminations, terminated) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        (hangups, hungUp) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Begins to watch; the signals are held already (``ProcessSignals/hold()``).
    public static func begin() -> ProcessWatch {
        let watch = ProcessWatch()
        // Without a thread for it signals do what they usually do.
        if !DedicatedThread.start(named: "signals", { watch.run() }) { ProcessSignals.release() }
        return watch
    }

    /// How long a drain may take from now on.
    func use(deadline: Duration) { state.withLock { $0.deadline = deadline } }

    /// Where the end is to be explained.
    func speak(_ logger: Logger, _ writer: LogWriter, _ steps: PluginSteps) {
        state.withLock { $0.voice = Voice(logger: logger, writer: writer, steps: steps) }
    }

    /// The process is about to serve; false: it was told to end before, and shall not.
    func serve() -> Bool { state.withLock { $0.termination.serve() } }

    /// Whether the end has begun.
    var isEnding: Bool { state.withLock { $0.termination.began != nil } }

    private func run() {
        while true {
            let limit = state.withLock { $0.termination.limit }
            let number = ProcessSignals.next(within: limit.map { $0 - .now })
            let now = ContinuousClock.now
            if let number {
                hear(number, at: now)
            } else if let end = state.withLock({ $0.termination.end(at: now) }) {
                finish(end)
            }
        }
    }

    private func hear(_ number: CInt, at now: ContinuousClock.Instant) {
        if number == SIGHUP {
            hungUp.yield()
            return
        }
        let name = ProcessSignals.name(of: number)
        switch state.withLock({ $0.termination.receive(name, deadline: $0.deadline, at: now) }) {
        case .begin:
            terminated.yield(name)
            terminated.finish()
        case .end(let end): finish(end, name)
        }
    }

    private func finish(_ end: Termination.End, _ signal: String? = nil) -> Never {
        if let voice = state.withLock({ $0.voice }) {
            var metadata: Logger.Metadata = ["exit_code": "\(end.code)"]
            if let signal { metadata["signal"] = "\(signal)" }
            let unfinished = voice.steps.lines()
            if !unfinished.isEmpty { metadata["unfinished"] = "\(unfinished.joined(separator: "; "))" }
            voice.logger.log(level: end.code == 124 ? .critical : .warning, "\(end.reason)", metadata: metadata)
            voice.writer.flush()
        }
        _exit(end.code)
    }
}
