import PluginAPI

/// Which keys were accepted or refused lately. A value: the time is an argument.
///
/// Accepted and refused keys have a table each, so that guessing does not push out the keys in use.
struct KeyCache: Sendable {
    private struct Entry {
        var app: AppID
        var until: NIODeadline
    }

    private var accepted = ArrivalTable<KeyDigest, Entry>()
    private var refused = ArrivalTable<KeyDigest, Entry>()
    private let capacity: Int

    /// - Parameter capacity: the bound of each table; beyond it the oldest entry goes.
    init(capacity: Int) {
        self.capacity = capacity
    }

    var count: Int { accepted.count + refused.count }

    /// Whether the key was accepted, if that is still remembered.
    func verdict(on digest: KeyDigest, at now: NIODeadline) -> Bool? {
        if let entry = accepted[digest], entry.until > now { return true }
        if let entry = refused[digest], entry.until > now { return false }
        return nil
    }

    mutating func remember(_ isAccepted: Bool, _ digest: KeyDigest, of app: AppID, until: NIODeadline) {
        accepted.removeValue(for: digest)
        refused.removeValue(for: digest)
        let entry = Entry(app: app, until: until)
        if isAccepted {
            accepted.append(entry, for: digest)
            if accepted.count > capacity { accepted.removeFirst() }
        } else {
            refused.append(entry, for: digest)
            if refused.count > capacity { refused.removeFirst() }
        }
    }

    mutating func forget(_ app: AppID) {
        accepted.removeAll { _, entry in entry.app == app }
        refused.removeAll { _, entry in entry.app == app }
    }
}
