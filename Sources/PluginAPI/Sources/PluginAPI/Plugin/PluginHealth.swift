import Synchronization

/// How a plugin is doing, as `/readyz` and `replyhq plugins` show it.
public enum PluginState: String, Sendable, CaseIterable {
    /// Made, not yet started.
    case loaded
    case starting
    case ready
    /// Works, but not fully; the reason says what is missing.
    case degraded
    /// Does not work.
    case failed
    case stopping
    case stopped
}

/// A plugin's state, why, and since when. The host moves it through the life cycle; the plugin itself says when it is
/// degraded and when that is over.
public final class PluginHealth: Sendable {
    public struct Report: Sendable, Hashable {
        public var state: PluginState
        public var reason: String?
        public var since: Timestamp
    }

    private let current: Mutex<Report>
    private let clock: any WallClock
    private let changed: @Sendable (Report) -> Void

    /// - Parameter changed: called after each change, on the caller's thread.
    public init(clock: any WallClock, changed: @escaping @Sendable (Report) -> Void = { _ in }) {
        self.clock = clock
        self.changed = changed
        current = Mutex(Report(state: .loaded, reason: nil, since: clock.now))
    }

    public var report: Report { current.withLock { $0 } }

    /// The plugin works, but not fully. Only a plugin that is ready or degraded can become so.
    public func degraded(_ reason: String) {
        move(to: .degraded, reason: reason) { $0 == .ready || $0 == .degraded }
    }

    /// The plugin works fully again.
    public func recovered() {
        move(to: .ready, reason: nil) { $0 == .degraded }
    }

    /// For the host: the next step of the life cycle.
    public func advance(to state: PluginState, reason: String? = nil) {
        move(to: state, reason: reason) { _ in true }
    }

    private func move(to state: PluginState, reason: String?, from allowed: (PluginState) -> Bool) {
        let report: Report? = current.withLock { current in
            guard allowed(current.state), current.state != state || current.reason != reason else { return nil }
            let since = current.state == state ? current.since : clock.now
            current = Report(state: state, reason: reason, since: since)
            return current
        }
        if let report { changed(report) }
    }
}
