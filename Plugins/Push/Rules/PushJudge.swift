import PluginAPI

/// Whether a push that is due leaves. Only values: what has to be asked for is asked before.
struct PushJudge: Sendable {
    /// What is known when a row is looked at.
    struct Facts: Sendable {
        var rules: AppRules
        /// Why its token cannot be reached; nil: it can.
        var obstacle: PushObstacle?
        /// Until when the app's quiet lasts; nil: there is none.
        var quietUntil: Timestamp?
        /// Whether the device has a live connection on any node.
        var isOnline: Bool
    }

    enum Verdict: Sendable, Equatable {
        case ready
        case settle(PushState, String)
        case hold(PushHold, until: Timestamp, String)
    }

    /// How long after its message a push waits for what is missing at the moment, and how often that is looked for.
    static let obstaclePatience: Duration = .seconds(600)
    static let obstaclePause: Duration = .seconds(15)
    /// What is said of one that is no longer worth sending.
    static let expired = "it could not be sent in time"

    /// ``PushConfiguration/recheck``.
    var recheck: Duration

    /// What can be said without asking who is online; nil: that has to be asked.
    func judgeOffline(_ push: WaitingPush, _ facts: Facts, at now: Timestamp) -> Verdict? {
        guard let content = push.content else { return .settle(.cancelled, "the message is gone") }
        if content.sender == .user { return .settle(.cancelled, "a user wrote it") }
        if content.status == .delivered || content.status == .read {
            return .settle(.cancelled, "the device has the message")
        }
        if !facts.rules.isEnabled { return .settle(.cancelled, "the app wants no pushes") }
        if now >= push.expiresAt { return .settle(.failed, Self.expired) }
        if push.token == nil { return .settle(.cancelled, "the device registered no push token") }
        switch facts.obstacle {
        case .lasting(let reason): return .settle(.cancelled, reason)
        case .passing(let reason):
            guard now < push.createdAt + Self.obstaclePatience else { return .settle(.cancelled, reason) }
            // What waits to be told together still does.
            return .hold(push.hold ?? .retry, until: now + Self.obstaclePause, reason)
        case nil: break
        }
        if let end = facts.quietUntil { return .hold(.quiet, until: end, "the app's quiet hours") }
        return nil
    }

    /// The whole verdict.
    func judge(_ push: WaitingPush, _ facts: Facts, at now: Timestamp) -> Verdict {
        if let verdict = judgeOffline(push, facts, at: now) { return verdict }
        guard facts.isOnline else { return .ready }
        // A phone that was put away stays connected until its heartbeat fails: one more look when that must be known.
        guard recheck > .zero, push.hold != .online else { return .settle(.cancelled, "the device is connected") }
        return .hold(.online, until: now + recheck, "the device is connected; looked at again")
    }
}
