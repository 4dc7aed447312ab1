import Logging
import PluginAPI

/// What all plugins of this process share.
struct PluginEnvironment: Sendable {
    var host: any PluginHost
    var hub: RealtimeHub
    var metrics = MetricsRegistry()
    var eventLoops: any EventLoopGroup
    var clock: any WallClock
    var logger: Logger
    var environment: HostEnvironment
    var topology: Topology
    /// Whether clients are served; a command that starts plugins does not.
    var isServing = false
    var shutdown: ShutdownPolicy
    var steps = PluginSteps()

    /// - Parameter metrics: nil: whatever the plugin counts is seen by nobody.
    func context(
        for descriptor: PluginDescriptor, isRequired: Bool = true, settings: Settings, logger: Logger,
        health: PluginHealth, metrics: MetricsScope? = nil
    ) -> PluginContext {
        PluginContext(
            plugin: descriptor.name,
            provides: descriptor.provides(within: topology),
            isRequired: isRequired,
            settings: settings,
            logger: logger,
            environment: environment,
            topology: topology,
            isServing: isServing,
            shutdown: shutdown,
            eventLoops: eventLoops,
            clock: clock,
            hub: hub,
            health: health,
            metrics: metrics ?? MetricsScope(owner: descriptor.name, logger: logger),
            host: host
        )
    }
}
