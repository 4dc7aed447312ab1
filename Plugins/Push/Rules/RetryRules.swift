import PluginAPI

/// What becomes of pushes after a provider's answer (`presence-and-push.md` 7): at most five tries within ten minutes.
struct RetryRules: Sendable {
    static let triesLimit = 5
    static let timeLimit: Duration = .seconds(600)
    /// ``PushConfiguration/retryDelay``.
    var delay: Duration

    /// - Parameter random: in 0…1; spreads those that failed together. Asked for only then, as it comes from the system.
    func fate(
        of push: WaitingPush, after answer: PushAnswer, at now: Timestamp, random: @autoclosure () -> Double
    ) -> PushResult.Fate {
        switch answer.verdict {
        case .accepted: return .settled(.sent)
        case .tokenIsDead, .refused: return .settled(.failed)
        case .unavailable(let time):
            // At least a moment, or a provider that answers so at once would be asked without end.
            let wait = max(time, .milliseconds(500))
            let due = now + wait + wait * (0.2 * random())
            if let first = push.firstAttemptAt, due > first + Self.timeLimit { return .settled(.failed) }
            return .again(due: due, hold: push.hold ?? .retry, isAttempt: false)
        case .tryAgain(let after):
            let end = (push.firstAttemptAt ?? now) + Self.timeLimit
            let least = now + max(backoff(after: push.attempts, random()), after ?? .zero)
            guard push.attempts + 1 < Self.triesLimit, least <= end else { return .settled(.failed) }
            // All that were told the same time would come at once; but none comes earlier.
            let spread = after.map { now + $0 + $0 * (0.2 * random()) } ?? least
            return .again(due: min(max(least, spread), end), hold: .retry, isAttempt: true)
        }
    }

    /// Half of it is certain, half is chance.
    private func backoff(after attempts: Int, _ random: Double) -> Duration {
        let whole = (0..<max(attempts, 0)).reduce(delay) { delay, _ in min(delay * 4, .seconds(300)) }
        return whole * (0.5 + 0.5 * random)
    }
}
