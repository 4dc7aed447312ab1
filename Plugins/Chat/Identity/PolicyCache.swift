import PluginAPI

/// What apps asked for lately in proofs of identity. A value: the time is an argument.
struct PolicyCache: Sendable {
    private struct Entry {
        var policy: IdentityPolicy?
        var until: NIODeadline
    }

    private var entries = ArrivalTable<AppID, Entry>()
    private let capacity: Int

    /// - Parameter capacity: beyond it the oldest entry goes.
    init(capacity: Int) {
        self.capacity = capacity
    }

    enum Answer: Sendable, Equatable {
        case known(IdentityPolicy?)
        case unknown
    }

    func policy(of app: AppID, at now: NIODeadline) -> Answer {
        guard let entry = entries[app], entry.until > now else { return .unknown }
        return .known(entry.policy)
    }

    mutating func remember(_ policy: IdentityPolicy?, of app: AppID, until: NIODeadline) {
        entries.removeValue(for: app)
        entries.append(Entry(policy: policy, until: until), for: app)
        if entries.count > capacity { entries.removeFirst() }
    }

    mutating func forget(_ app: AppID) {
        entries.removeValue(for: app)
    }
}
