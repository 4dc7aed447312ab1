import PluginAPI
import Synchronization

/// A bundle that is with a provider; an object, so that its texts are not copied on the way there and back.
final class HandedBundle: Sendable {
    let bundle: PushBundle
    let token: PushToken

    init(_ bundle: PushBundle, _ token: PushToken) {
        self.bundle = bundle
        self.token = token
    }
}

/// What a provider said of a bundle, and when.
struct AnsweredBundle: Sendable {
    var answer: PushAnswer
    var handed: HandedBundle
    var at: Timestamp
}

/// Where providers' threads lay down their answers: what follows from them is worked out many at a time, and not on those
/// threads, which have others waiting.
final class AnswerTray: Sendable {
    enum Place: Sendable {
        /// The first since the tray was emptied: somebody is to come for it.
        case first
        case behindOthers
        /// The tray is closed: nobody comes any more, so whoever brings an answer empties it.
        case closed
    }

    private struct State {
        var answers: [AnsweredBundle] = []
        var isClosed = false
    }

    private let state = Mutex(State())

    func add(_ answer: AnsweredBundle) -> Place {
        state.withLock { state in
            state.answers.append(answer)
            if state.isClosed { return .closed }
            return state.answers.count == 1 ? .first : .behindOthers
        }
    }

    var count: Int { state.withLock { $0.answers.count } }

    func take() -> [AnsweredBundle] {
        state.withLock { exchange(&$0.answers, with: []) }
    }

    /// Answers are no longer fetched.
    func close() { state.withLock { $0.isClosed = true } }
}
