import Logging
import NIOPosix
import PluginAPI

/// The parts of one process, made from its configuration; nothing is started yet.
struct Assembly: Sendable {
    let configuration: EffectiveConfiguration
    let eventLoops: MultiThreadedEventLoopGroup
    let services: HostServices
    let readiness: Readiness
    let logger: Logger
    private let environment: PluginEnvironment

    /// - Parameter eventLoopCount: 0 means one for each core.
    init(_ configuration: EffectiveConfiguration, eventLoopCount: Int) {
        let host = configuration.host
        let logger = Logger(label: "replyhq")
        let count = eventLoopCount > 0 ? eventLoopCount : System.coreCount
        let eventLoops = MultiThreadedEventLoopGroup(numberOfThreads: count)
        let hub = RealtimeHub(eventLoops: Array(eventLoops.makeIterator()))
        let services = HostServices(routes: RouteTable(), hub: hub)
        self.configuration = configuration
        self.eventLoops = eventLoops
        self.services = services
        self.logger = logger
        readiness = Readiness(checks: services.checks)
        environment = PluginEnvironment(
            host: services,
            hub: hub,
            eventLoops: eventLoops,
            clock: SystemClock(),
            logger: logger,
            environment: host.environment,
            topology: host.topology,
            shutdown: ShutdownPolicy(notice: host.shutdown.notice, reconnectDelay: host.shutdown.reconnect)
        )
    }

    /// Loads and makes the plugins that the configuration lists.
    ///
    /// - Parameter names: only these; nil means all.
    /// - Throws: ``PluginRosterError``.
    func roster(only names: Set<String>? = nil) throws -> PluginRoster {
        let plugins = configuration.host.plugins.filter { names?.contains($0.name) ?? true }
        return try PluginRoster(plugins: plugins, loader: configuration.host.loader, environment: environment)
    }

    func supervisor(of roster: PluginRoster) -> PluginSupervisor {
        PluginSupervisor(roster: roster, logger: logger, startLimit: configuration.host.startTimeout) {
            [services] plugin in await services.takeBack(from: plugin)
        }
    }

    func shutDown() async {
        do {
            try await eventLoops.shutdownGracefully()
        } catch {
            logger.error("The event loops did not stop", metadata: ["error": "\(error)"])
        }
    }
}

extension HostConfiguration {
    /// Finds plugins in the configured directories, then in the standard ones.
    var loader: PluginLoader {
        PluginLoader(locator: PluginLocator(directories: pluginDirectories + PluginLocator.standardDirectories))
    }
}
