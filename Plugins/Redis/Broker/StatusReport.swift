import PluginAPI

/// What is to be said of a way to Redis as it changes: each state once, and each of the server's words once in a state.
struct StatusReport {
    enum Line: Equatable {
        /// Events travel, and nothing is refused.
        case works(isFirst: Bool)
        /// Events do not travel.
        case broken(RedisFailure)
        /// Events travel, but presence and limits cannot be kept.
        case refused(RedisFailure)
    }

    private enum State { case works, broken, refused }

    private var state: State?
    private var said = SaidFailures()

    /// Nil: nothing new.
    mutating func take(_ status: ClientStatus) -> Line? {
        if status.failure?.kind == .closed { return nil }
        if status.isConnected, let refusal = status.refusal {
            return isNew(.refused, refusal) ? .refused(refusal) : nil
        }
        if status.isConnected {
            guard state != .works else { return nil }
            defer { (state, said) = (.works, SaidFailures()) }
            return .works(isFirst: state == nil)
        }
        let failure = status.failure ?? RedisFailure(.timeout, "it did not answer")
        return isNew(.broken, failure) ? .broken(failure) : nil
    }

    private mutating func isNew(_ next: State, _ failure: RedisFailure) -> Bool {
        if exchange(&state, with: next) != next { said = SaidFailures() }
        return said.isNew(failure)
    }
}

/// What was said of one outage: what the server refuses, by its word, once each; of everything else the first.
struct SaidFailures {
    private var words: Set<String?> = []

    /// Whether it is to be said. It is said then.
    mutating func isNew(_ failure: RedisFailure) -> Bool {
        guard case .refused(let word) = failure.kind else {
            // A connection that breaks is the consequence of what the server said before.
            return words.isEmpty && words.insert(nil).inserted
        }
        return words.insert(word).inserted
    }
}
