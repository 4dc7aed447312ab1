import Synchronization

/// How a plugin is doing, as `/readyz` and `replyhq plugins` show it.
public enum PluginState: String, Sendable, CaseIterable {
    /// Made, not yet started.
    case loaded
    /// In its `start()`.
    case starting
    /// Works.
    case ready
    /// Works, but not fully; the reason says what is missing.
    case degraded
    /// Does not work.
    case failed
    /// In its `stop()`.
    case stopping
    /// Has stopped, and contributes nothing.
    case stopped
}

/// A plugin's state, why, and since when. The host moves it through the life cycle; the plugin itself says when it is
/// degraded and when that is over.
public final class PluginHealth: Sendable {
    /// A state with its reason and its beginning, at one instant.
    public struct Report: Sendable, Hashable {
        /// The state.
        public var state: PluginState
        /// Why, where there is something to say.
        public var reason: String?
        /// When the state began.
        public var since: Timestamp
    }

    private struct State {
        var report: Report
        /// What a plugin said was missing while it started; it is degraded as soon as it has.
        var missing: String?
    }

    private let state: Mutex<State>
    private let clock: any WallClock
    private let changed: @Sendable (Report) -> Void

    /// Makes the health of a plugin that is loaded.
    ///
    /// - Parameter changed: called after each change, on the caller's thread.
    public init(clock: any WallClock, changed: @escaping @Sendable (Report) -> Void = { _ in }) {
        self.clock = clock
        self.changed = changed
        state = Mutex(State(report: Report(state: .loaded, reason: nil, since: clock.now)))
    }

    /// The state now.
    public var report: Report { state.withLock { $0.report } }

    /// The plugin works, but not fully. Only a plugin that is ready or degraded can become so; one that is starting
    /// becomes so when it has started.
    public func degraded(_ reason: String) {
        change { state in
            switch state.report.state {
            case .starting: state.missing = reason
            case .ready, .degraded: move(&state, to: .degraded, reason)
            default: return
            }
        }
    }

    /// The plugin works fully again.
    public func recovered() {
        change { state in
            state.missing = nil
            if state.report.state == .degraded { move(&state, to: .ready, nil) }
        }
    }

    /// For the host: the next step of the life cycle.
    public func advance(to next: PluginState, reason: String? = nil) {
        change { state in
            let missing = exchange(&state.missing, with: nil)
            if next == .ready, let missing {
                move(&state, to: .degraded, missing)
            } else {
                move(&state, to: next, reason)
            }
        }
    }

    private func move(_ state: inout State, to next: PluginState, _ reason: String?) {
        let since = state.report.state == next ? state.report.since : clock.now
        state.report = Report(state: next, reason: reason, since: since)
    }

    private func change(_ edit: (inout State) -> Void) {
        let report: Report? = state.withLock { state in
            let before = state.report
            edit(&state)
            return state.report == before ? nil : state.report
        }
        if let report { changed(report) }
    }
}
