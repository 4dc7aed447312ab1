import Logging
import Metrics
import PluginAPI

/// What all plugins of this process share.
struct PluginEnvironment: Sendable {
    var host: any PluginHost
    var hub: RealtimeHub
    var eventLoops: any EventLoopGroup
    var clock: any WallClock
    var logger: Logger
    var environment: HostEnvironment
    var topology: Topology
    var shutdown: ShutdownPolicy

    func context(
        for descriptor: PluginDescriptor, isRequired: Bool = true, settings: Settings, logger: Logger,
        health: PluginHealth
    ) -> PluginContext {
        PluginContext(
            plugin: descriptor.name,
            provides: descriptor.provides(within: topology),
            isRequired: isRequired,
            settings: settings,
            logger: logger,
            environment: environment,
            shutdown: shutdown,
            eventLoops: eventLoops,
            clock: clock,
            hub: hub,
            health: health,
            metrics: MetricsSystem.factory,
            host: host
        )
    }
}
