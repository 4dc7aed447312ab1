import PluginAPI
import Synchronization

/// A push on its way through the courier.
struct Errand: Sendable {
    /// Which project's.
    var project: Int
    var push: PushNotification
    var token: String
    var answered: @Sendable (PushAnswer) -> Void
    /// Firebase is to check it and deliver nothing.
    var validateOnly = false
    /// Hears each request's outcome as it came, for people.
    var watch: (@Sendable (ProjectMachine.Outcome) -> Void)?
}

/// How errands come to the courier's thread.
final class CourierInbox: Sendable {
    private struct State {
        var errands: [Errand] = []
        var isClosed = false
        /// Nil before the thread listens and after it has ended.
        var waker: CurlMulti.Waker?
        var ending: [CheckedContinuation<Void, Never>] = []
        var hasEnded = false
    }

    private let state = Mutex(State())

    /// False: it is closed, and the errand was not taken.
    func post(_ errand: Errand) -> Bool {
        state.withLock { state in
            guard !state.isClosed else { return false }
            state.errands.append(errand)
            if state.errands.count == 1 { state.waker?.wakeUp() }
            return true
        }
    }

    /// Takes no more, and returns when the thread has answered all that it had and ended.
    func close() async {
        await withCheckedContinuation { continuation in
            let hasEnded = state.withLock { state in
                state.isClosed = true
                state.waker?.wakeUp()
                if !state.hasEnded { state.ending.append(continuation) }
                return state.hasEnded
            }
            if hasEnded { continuation.resume() }
        }
    }

    /// - Parameter waker: nil when it is about to become void.
    func listen(_ waker: CurlMulti.Waker?) { state.withLock { $0.waker = waker } }

    func take() -> (errands: [Errand], isClosed: Bool) {
        state.withLock { (exchange(&$0.errands, with: []), $0.isClosed) }
    }

    /// The thread ends, and nothing of the courier is left. Errands that it never took are answered as not asked.
    func end() {
        let (errands, waiting) = state.withLock { state in
            state.isClosed = true
            state.waker = nil
            state.hasEnded = true
            return (exchange(&state.errands, with: []), exchange(&state.ending, with: []))
        }
        for errand in errands { errand.answered(.stopping) }
        for continuation in waiting { continuation.resume() }
    }
}

extension PushAnswer {
    /// To whoever comes when nothing is sent any more.
    static let stopping = PushAnswer(.unavailable(for: .seconds(1)), "the way to Firebase is closed")
}
