/// How many requests may be repeated at once: a tenth of those that were made, so that a provider in trouble is not
/// asked twice as often.
struct RetryBudget: Sendable {
    static let most = 100.0
    static let start = 20.0
    private static let share = 0.1
    private var saved = Self.start

    /// A request was made for the first time.
    mutating func earn() { saved = min(saved + Self.share, Self.most) }

    /// Whether one may be repeated.
    mutating func spend() -> Bool {
        guard saved >= 1 else { return false }
        saved -= 1
        return true
    }
}
