import PluginAPI
import Synchronization

/// Whether the process wants traffic, and how each plugin is.
final class Readiness: Sendable {
    private struct State {
        var plugins: [PluginInstance] = []
        var leftOut: [StartOrder.LeftOut] = []
        var isAccepting = false
        var stalls: StallWatch?
    }

    struct Report: Sendable {
        struct Plugin: Sendable {
            var name: String
            var version: String
            var isRequired: Bool
            var health: PluginHealth.Report
        }

        var isReady: Bool
        var plugins: [Plugin]
        var leftOut: [StartOrder.LeftOut]
        /// Shared threads that do not get on.
        var stalled: [String]
    }

    private let state = Mutex(State())
    private let checks: HealthChecks

    init(checks: HealthChecks) {
        self.checks = checks
    }

    func started(_ roster: PluginRoster) {
        state.withLock { state in
            state.plugins = roster.instances
            state.leftOut = roster.leftOut
            state.isAccepting = true
        }
    }

    /// Also looks at the threads that everybody shares.
    func watch(_ stalls: StallWatch) { state.withLock { $0.stalls = stalls } }

    /// Other instances are the ones to look at.
    func show(_ roster: PluginRoster) {
        state.withLock { state in
            state.plugins = roster.instances
            state.leftOut = roster.leftOut
        }
    }

    /// From now on the process wants no new traffic.
    func stopAccepting() {
        state.withLock { $0.isAccepting = false }
    }

    /// Ready: accepting, every required plugin is ready or degraded with its checks passing, and no shared thread is
    /// blocked.
    func report() async -> Report {
        let failures = await checks.failures()
        let state = state.withLock { $0 }
        let plugins = state.plugins.map { instance in
            var health = instance.health.report
            if let failure = failures[instance.descriptor.name], health.state == .ready || health.state == .degraded {
                health.state = .failed
                health.reason = failure
            }
            return Report.Plugin(
                name: instance.descriptor.name,
                version: instance.descriptor.version,
                isRequired: instance.configuration.isRequired,
                health: health
            )
        }
        let allWork = plugins.allSatisfy { plugin in
            !plugin.isRequired || plugin.health.state == .ready || plugin.health.state == .degraded
        }
        let stalled = state.stalls?.stalled ?? []
        return Report(
            isReady: state.isAccepting && allWork && stalled.isEmpty, plugins: plugins, leftOut: state.leftOut,
            stalled: stalled)
    }
}
