import Dispatch
import NIOCore
import PluginAPI
import Synchronization

/// Waiting for plugins' code with a limit that holds even when the code ignores its cancellation or blocks its thread.
enum Bounded {
    /// What the cancellation of whoever waits means to the work.
    enum Cancellation {
        /// It is cancelled too, and has so long to come to an end.
        case passedOn(Duration)
        /// Nothing: what is half done can be neither used nor left.
        case ignored
    }

    /// The work's value; nil when the time is over first. The work is then cancelled and left to itself.
    ///
    /// - Parameter executor: where the work runs; code of a plugin never on the host's own thread.
    static func run<Value: Sendable>(
        for limit: Duration,
        on executor: any TaskExecutor = HostLoop.executor,
        cancellation: Cancellation = .passedOn(.seconds(1)),
        _ work: @escaping @Sendable () async -> Value
    ) async -> Value? {
        let race = Race<Value>()
        // A task group would wait for work that does not end. The task is cancelled below.
        let worker = Task(executorPreference: executor) { race.finish(with: await work()) }
        let alarm = HostLoop.loop.scheduleTask(in: limit.deadlineAmount) {
            // Behind the tasks that can go on already: the work may be among them, and is not late then. Where no thread
            // comes to that, a little later.
            Task(executorPreference: executor) { race.finish(with: nil) }
            HostLoop.loop.scheduleTask(in: .milliseconds(200)) { race.finish(with: nil) }
        }
        let value: Value?
        switch cancellation {
        case .ignored: value = await race.outcome
        case .passedOn(let grace):
            value = await withTaskCancellationHandler {
                await race.outcome
            } onCancel: {
                worker.cancelOnOtherThread()
                HostLoop.loop.scheduleTask(in: grace.deadlineAmount) { race.finish(with: nil) }
            }
        }
        alarm.cancel()
        if value == nil { worker.cancelOnOtherThread() }
        return value
    }

    /// The same up to a deadline.
    static func run<Value: Sendable>(
        until deadline: NIODeadline,
        on executor: any TaskExecutor = HostLoop.executor,
        cancellation: Cancellation = .passedOn(.seconds(1)),
        _ work: @escaping @Sendable () async -> Value
    ) async -> Value? {
        let limit = Duration.nanoseconds(max(0, (deadline - .now()).nanoseconds))
        return await run(for: limit, on: executor, cancellation: cancellation, work)
    }

    /// The same for work that does not suspend, on a thread made for it; the caller's thread waits meanwhile.
    ///
    /// - Parameter name: of the thread.
    /// - Throws: what the work throws.
    static func onThread<Value: Sendable>(
        named name: String, for limit: Duration, _ work: @escaping @Sendable () throws -> Value
    ) throws -> Value? {
        let result = SharedResult<Value>()
        let isDone = DispatchSemaphore(value: 0)
        let isStarted = DedicatedThread.start(named: name) {
            result.set(Result(catching: work))
            isDone.signal()
        }
        // The system has none to give: better here than not at all.
        guard isStarted else { return try work() }
        _ = isDone.wait(timeout: .now() + .milliseconds(Int(clamping: limit.wholeMilliseconds)))
        return try result.value?.get()
    }
}

extension Task {
    /// Handlers of cancellation run on the canceller's thread, and a plugin's may block it.
    func cancelOnOtherThread() {
        let isStarted = DedicatedThread.start(named: "cancellation") { self.cancel() }
        if !isStarted { cancel() }
    }
}

/// What a thread leaves behind.
private final class SharedResult<Value: Sendable>: Sendable {
    private let result = Mutex<Result<Value, any Error>?>(nil)

    var value: Result<Value, any Error>? { result.withLock { $0 } }

    func set(_ value: Result<Value, any Error>) { result.withLock { $0 = value } }
}

/// Whoever finishes first decides; one may wait for it.
final class Race<Value: Sendable>: Sendable {
    private enum State {
        case open
        case awaited(CheckedContinuation<Value?, Never>)
        case decided(Value?)
    }

    private let state = Mutex(State.open)

    func finish(with value: Value?) {
        let waiting: CheckedContinuation<Value?, Never>? = state.withLock { state in
            switch state {
            case .open:
                state = .decided(value)
                return nil
            case .awaited(let continuation):
                state = .decided(value)
                return continuation
            case .decided:
                return nil
            }
        }
        waiting?.resume(returning: value)
    }

    var outcome: Value? {
        get async {
            await withCheckedContinuation { continuation in
                let decided: Value?? = state.withLock { state in
                    if case .decided(let value) = state { return .some(value) }
                    state = .awaited(continuation)
                    return .none
                }
                if case .some(let value) = decided { continuation.resume(returning: value) }
            }
        }
    }
}
