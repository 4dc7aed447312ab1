import PluginAPI
import Synchronization

/// Looks from time to time whether the keys and policies of apps in use are still those that clients were let in by.
///
/// They are changed by commands of other processes, on any machine that reaches the store. What clients showed is
/// remembered for a minute and connections stay for days, so the store is polled.
final class AccessWatch: Sendable {
    private struct State {
        /// What was read last of each app that let a client in.
        var apps = ArrivalTable<AppID, AppCredentials>()
        var isLooking = false
        var isClosed = false
    }

    /// How many apps are looked after; beyond it the one that was looked at longest ago goes.
    private static let capacity = 10_000
    /// How many are asked for at once.
    private static let pageLimit = 500

    private let store: any AppStore
    private let clock: any WallClock
    private let interval: TimeAmount
    private let timer: DeadlineTimer
    private let changed: @Sendable (AppID, AccessChange) -> Void
    private let state = Mutex(State())

    /// - Parameter changed: called once for each change.
    init(
        store: any AppStore, clock: any WallClock, eventLoop: any EventLoop, interval: Duration,
        changed: @escaping @Sendable (AppID, AccessChange) -> Void
    ) {
        self.store = store
        self.clock = clock
        self.interval = TimeAmount(interval)
        self.changed = changed
        timer = DeadlineTimer(on: eventLoop)
    }

    /// A client was let in by these. They are compared with what was read before, too.
    func note(_ credentials: AppCredentials) {
        let (known, isClosed) = state.withLock { state in
            let known = state.apps[credentials.app]
            state.apps.append(credentials, for: credentials.app)
            if state.apps.count > Self.capacity { state.apps.removeFirst() }
            return (known, state.isClosed)
        }
        if let known { tell(known, credentials) }
        if !isClosed { arm() }
    }

    /// Looks at all of them now. What the store throws is thrown.
    func lookAtAll() async throws {
        let all = state.withLock { $0.apps.values.map(\.app) }
        for start in stride(from: 0, to: all.count, by: Self.pageLimit) {
            try await look(at: Array(all[start..<min(start + Self.pageLimit, all.count)]))
        }
    }

    func close() {
        state.withLock { $0.isClosed = true }
        timer.cancel()
    }

    private func arm() {
        timer.arm(at: timer.eventLoop.now + interval) { [weak self] in self?.lookAtSome() }
    }

    /// One page at a time, so that the cost is bounded however many apps there are.
    private func lookAtSome() {
        let page = state.withLock { state -> [AppID] in
            guard !state.isClosed, !state.isLooking else { return [] }
            state.isLooking = !state.apps.isEmpty
            var page: [AppID] = []
            // They go to the end of the row.
            while page.count < min(Self.pageLimit, state.apps.count), let (app, credentials) = state.apps.first {
                state.apps.append(credentials, for: app)
                page.append(app)
            }
            return page
        }
        guard !page.isEmpty else { return }
        Task {
            // A store that is away changes nothing either; what is remembered ends by itself.
            try? await look(at: page)
            state.withLock { $0.isLooking = false }
            arm()
        }
    }

    private func look(at apps: [AppID]) async throws {
        let before = state.withLock { state in apps.compactMap { state.apps[$0] } }
        let found = try await store.credentials(of: apps)
        let now = Dictionary(found.map { ($0.app, $0) }) { first, _ in first }
        for old in before where now[old.app] != old {
            let isStillKnown = state.withLock { state in
                // Something newer may have been noted, and reported, meanwhile.
                guard state.apps[old.app] == old else { return false }
                if let new = now[old.app] {
                    state.apps.append(new, for: old.app)
                } else {
                    state.apps.removeValue(for: old.app)
                }
                return true
            }
            if isStillKnown { tell(old, now[old.app]) }
        }
    }

    private func tell(_ old: AppCredentials, _ new: AppCredentials?) {
        let change = AccessChange.from(old, to: new, at: clock.now)
        if change != .none { changed(old.app, change) }
    }
}
