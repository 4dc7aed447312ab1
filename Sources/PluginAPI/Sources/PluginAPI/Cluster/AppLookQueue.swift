/// Who waits for looks at apps. Of each app one look is under way at most, and all who ask meanwhile share the next one:
/// the one under way may have seen less than they need.
struct AppLookQueue {
    private struct Waiting {
        var current: [OneShot] = []
        var next: [OneShot] = []
    }

    private var apps: [AppID: Waiting] = [:]

    /// How many wait, for the look under way or the next one.
    func count(of app: AppID) -> Int { apps[app].map { $0.current.count + $0.next.count } ?? 0 }

    /// True: none is under way, so the caller is to begin one.
    mutating func add(_ waiter: OneShot, for app: AppID) -> Bool {
        guard apps[app] == nil else {
            apps[app]?.next.append(waiter)
            return false
        }
        apps[app] = Waiting(current: [waiter])
        return true
    }

    /// A look ended: for whom it was, and whether another one is to begin.
    mutating func finished(_ app: AppID) -> (waiters: [OneShot], mustContinue: Bool) {
        guard let waiting = apps[app] else { return ([], false) }
        apps[app] = waiting.next.isEmpty ? nil : Waiting(current: waiting.next)
        return (waiting.current, !waiting.next.isEmpty)
    }
}
