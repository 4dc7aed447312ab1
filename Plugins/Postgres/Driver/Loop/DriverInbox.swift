import CLibPQ
import Glibc
import PluginAPI
import Synchronization

/// Where all other threads leave what the driver's is to do. Whoever finds it empty wakes the driver.
final class DriverInbox: Sendable {
    enum Message: Sendable {
        case submit(PipelineRequest)
        case cancel(PipelineRequest)
        case connected(connection: Int, ConnectedHandle)
        case connectFailed(connection: Int, PostgresFailure)
        /// Refuse what comes, finish what was accepted, and end by then.
        case close(by: NIODeadline)
    }

    private struct State {
        var messages: [Message] = []
        var waitingWrites = 0
        var waitingReads = 0
        var isClosed = false
        /// The driver's thread is gone.
        var hasEnded = false
    }

    private let state = Mutex(State())
    private let limit: Int
    /// Readable while there are messages.
    let bell: CInt

    /// Fails when the process has no descriptors left.
    ///
    /// - Parameter limit: How many writes, and as many reads, may wait to be sent.
    init?(limit: Int) {
        self.limit = limit
        bell = eventfd(0, CInt(EFD_CLOEXEC | EFD_NONBLOCK))
        if bell < 0 { return nil }
    }

    deinit { Glibc.close(bell) }

    /// Takes a write or read in, or throws ``PostgresFailure`` for why not.
    func submit(_ request: PipelineRequest) throws(PostgresFailure) {
        let refusal: PostgresFailure.Kind? = post { state in
            if state.isClosed { return .closed }
            let waiting = request.isWrite ? state.waitingWrites : state.waitingReads
            if waiting >= limit { return .queueFull }
            if request.isWrite { state.waitingWrites += 1 } else { state.waitingReads += 1 }
            state.messages.append(.submit(request))
            return nil
        }
        switch refusal {
        case .closed: throw PostgresFailure(kind: .closed, message: "the store is closed")
        case .queueFull: throw PostgresFailure(kind: .queueFull, message: "\(limit) requests wait already")
        default: return
        }
    }

    /// Leaves a message. False: the driver has ended, and the message is nobody's.
    func post(_ message: Message) -> Bool {
        post { state in
            if state.hasEnded { return false }
            if case .close = message { state.isClosed = true }
            state.messages.append(message)
            return true
        }
    }

    /// How many writes wait to be sent.
    var waitingWrites: Int { state.withLock { $0.waitingWrites } }

    /// For the driver: all messages, in order.
    func take() -> [Message] {
        var count: UInt64 = 0
        _ = read(bell, &count, 8)
        return state.withLock { state in
            defer { state.messages.removeAll(keepingCapacity: true) }
            return state.messages
        }
    }

    /// For the driver: so many wait no longer. Returns how many writes still do.
    func departed(writes: Int, reads: Int) -> Int {
        state.withLock { state in
            state.waitingWrites -= writes
            state.waitingReads -= reads
            return state.waitingWrites
        }
    }

    /// For the driver: it ends, and these are the last messages that were left.
    func end() -> [Message] {
        state.withLock { state in
            state.isClosed = true
            state.hasEnded = true
            defer { state.messages = [] }
            return state.messages
        }
    }

    private func post<Answer>(_ change: (inout State) -> Answer) -> Answer {
        let (answer, isNews) = state.withLock { state in
            let wasEmpty = state.messages.isEmpty
            let answer = change(&state)
            return (answer, wasEmpty && !state.messages.isEmpty)
        }
        var one: UInt64 = 1
        if isNews { _ = Glibc.write(bell, &one, 8) }
        return answer
    }
}
