/// How far the end of the process has come: a value that signals and the passing of time change.
///
/// The first SIGTERM or SIGINT begins the end, and the second ends the process at once. Once begun, the end has a limit:
/// a short one while the process still starts, and then the configured deadline and what it takes to stop plugins.
struct Termination: Hashable, Sendable {
    enum Phase: Hashable, Sendable {
        case starting, serving
    }

    /// The process ends without waiting for anything any more.
    struct End: Hashable, Sendable {
        var code: Int32
        var reason: String
    }

    enum Effect: Hashable, Sendable {
        case begin
        case end(End)
    }

    /// How long a start that was given up may take to stop what had started.
    static let startLimit = Duration.milliseconds(1500)

    private(set) var phase = Phase.starting
    private(set) var began: ContinuousClock.Instant?
    /// When the process ends in any case; nil until the end has begun.
    private(set) var limit: ContinuousClock.Instant?

    /// How long plugins may take to stop when the deadline of the drain is over.
    static func stopLimit(after deadline: Duration) -> Duration { min(.seconds(5), max(.seconds(2), deadline / 4)) }

    /// The process is about to serve; false: it was told to end before.
    mutating func serve() -> Bool {
        guard began == nil else { return false }
        phase = .serving
        return true
    }

    /// - Parameter deadline: how long a drain may take.
    mutating func receive(_ signal: String, deadline: Duration, at now: ContinuousClock.Instant) -> Effect {
        guard began == nil else { return .end(End(code: 130, reason: "Ending at once")) }
        began = now
        limit = now + (phase == .starting ? Self.startLimit : deadline + Self.stopLimit(after: deadline))
        return .begin
    }

    /// What it means that so much time is over.
    func end(at now: ContinuousClock.Instant) -> End? {
        guard let limit, now >= limit else { return nil }
        switch phase {
        case .starting: return End(code: 0, reason: "The start is given up, and what had started did not stop in time")
        case .serving: return End(code: 124, reason: "The deadline is over, and not everything has stopped")
        }
    }
}
