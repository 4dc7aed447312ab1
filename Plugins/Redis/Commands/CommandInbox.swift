import PluginAPI
import Synchronization

/// What threads hand over to the connection: commands already in the form of the wire, and who waits for the answers.
final class CommandInbox: Sendable {
    /// What was handed over since the last time.
    struct Batch {
        var bytes = ByteBuffer()
        var groups: [CommandGroup] = []
    }

    private struct State {
        var batch = Batch()
        /// Why nothing is taken at the moment.
        var refusal: RedisFailure?
        /// Handed over and not yet answered.
        var commandCount = 0
        var byteCount = 0
    }

    private let limits: QueueLimits
    private let state = Mutex(State(refusal: RedisFailure(.connection, "not connected yet")))

    init(limits: QueueLimits) {
        self.limits = limits
    }

    /// Commands that wait for their answers.
    var load: Int { state.withLock { $0.commandCount } }

    enum Outcome {
        /// The connection knows already that there is something.
        case queued
        /// The connection has to be told.
        case first
        case refused(RedisFailure)
    }

    /// Queues commands behind all that were handed over before.
    func add(_ commands: [RedisCommand], at now: NIODeadline, done: @escaping CommandGroup.Done) -> Outcome {
        state.withLock { state in
            if let refusal = state.refusal { return .refused(refusal) }
            guard state.commandCount + commands.count <= limits.commandCount else { return .refused(Self.full) }
            let (before, isFirst) = (state.batch.bytes.writerIndex, state.batch.groups.isEmpty)
            for command in commands { state.batch.bytes.writeCommand(command) }
            let byteCount = state.batch.bytes.writerIndex - before
            // One that is too large for an empty queue would be too large for ever.
            guard state.byteCount + byteCount <= limits.byteCount else {
                state.batch.bytes.moveWriterIndex(to: before)
                return .refused(Self.full)
            }
            state.commandCount += commands.count
            state.byteCount += byteCount
            state.batch.groups.append(
                CommandGroup(missing: commands.count, byteCount: byteCount, since: now, done: done))
            return isFirst ? .first : .queued
        }
    }

    /// Hands over what waits to be sent.
    func take() -> Batch {
        state.withLock { exchange(&$0.batch, with: Batch()) }
    }

    /// A group needs its room no longer.
    func release(commandCount: Int, byteCount: Int) {
        state.withLock { state in
            state.commandCount -= commandCount
            state.byteCount -= byteCount
        }
    }

    /// From now on commands are taken.
    func open() {
        state.withLock { $0 = State(refusal: nil) }
    }

    /// From now on commands are refused. Answers who waited to be sent.
    func close(_ reason: RedisFailure) -> [CommandGroup] {
        state.withLock { state in
            defer { state = State(refusal: reason) }
            return state.batch.groups
        }
    }

    private static let full = RedisFailure(.queueFull, "too much waits for Redis already")
}
