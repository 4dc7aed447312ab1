import PluginAPI
import Synchronization

/// A push on its way through the courier; an object, as it is handed on often and copying its texts would cost more.
final class Errand: Sendable {
    /// Which project's.
    let project: Int
    let push: PushNotification
    let token: String
    let answered: @Sendable (PushAnswer) -> Void
    /// Firebase is to check it and deliver nothing.
    let validateOnly: Bool
    /// Hears each request's outcome as it came, for people.
    let watch: (@Sendable (ProjectMachine.Outcome) -> Void)?

    init(
        project: Int,
        push: PushNotification,
        token: String,
        answered: @escaping @Sendable (PushAnswer) -> Void,
        validateOnly: Bool = false,
        watch: (@Sendable (ProjectMachine.Outcome) -> Void)? = nil
    ) {
        self.project = project
        self.push = push
        self.token = token
        self.answered = answered
        self.validateOnly = validateOnly
        self.watch = watch
    }
}

/// How errands come to the courier's thread.
final class CourierInbox: Sendable {
    private struct State {
        var errands: [Errand] = []
        var isClosed = false
        /// Nil before the thread listens and after it has ended.
        var waker: CurlMulti.Waker?
        /// The thread waits, and does not look by itself.
        var isAsleep = false
        var ending: [CheckedContinuation<Void, Never>] = []
        var hasEnded = false
    }

    private let state = Mutex(State())

    /// False: it is closed, and the errand was not taken.
    func post(_ errand: Errand) -> Bool {
        state.withLock { state in
            guard !state.isClosed else { return false }
            state.errands.append(errand)
            if exchange(&state.isAsleep, with: false) { state.waker?.wakeUp() }
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
        state.withLock { state in
            state.isAsleep = false
            return (exchange(&state.errands, with: []), state.isClosed)
        }
    }

    /// The thread is about to wait, to be woken by what comes from now on. False: something has come.
    func sleep() -> Bool {
        state.withLock { state in
            state.isAsleep = state.errands.isEmpty
            return state.isAsleep
        }
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
