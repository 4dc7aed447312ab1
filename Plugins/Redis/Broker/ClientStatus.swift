/// What works of a node's way to Redis.
struct ClientStatus: Sendable, Equatable {
    /// Commands are answered.
    private(set) var takesCommands = false
    /// Everything that is wanted is subscribed to.
    private(set) var hears = false
    /// What is published comes back.
    private(set) var carries = false
    /// Why not, where something does not work.
    private(set) var failure: RedisFailure?
    /// What the server refuses of what presence and limits need; nil: nothing.
    private(set) var refusal: RedisFailure?

    init(failure: RedisFailure? = nil) {
        self.failure = failure
    }

    /// Whether events travel.
    var isConnected: Bool { takesCommands && hears && carries }

    /// Whether presence and limits can be kept.
    var takesWrites: Bool { takesCommands && refusal == nil }

    mutating func commandsChanged(_ result: Result<Void, RedisFailure>) {
        switch result {
        case .success: takesCommands = true
        case .failure(let reason):
            takesCommands = false
            failure = reason
        }
        forget()
    }

    mutating func heard(_ event: SubscriptionEvent) {
        switch event {
        case .restored: hears = true
        case .lost(let reason), .failed(let reason):
            hears = false
            failure = reason
        case .standing, .message, .misplaced: return
        }
        forget()
    }

    mutating func probed(_ verdict: ServerProbe.Verdict) {
        carries = verdict.carries
        refusal = verdict.refusal
        if let reason = verdict.failure { failure = reason }
        forget()
    }

    private mutating func forget() {
        if isConnected { failure = nil }
    }
}
