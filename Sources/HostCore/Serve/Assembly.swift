import Logging
import NIOPosix
import PluginAPI

/// The parts of one process, made from its configuration; nothing is started yet.
struct Assembly: Sendable {
    /// What the process was started with.
    let configuration: EffectiveConfiguration
    let eventLoops: MultiThreadedEventLoopGroup
    let services: HostServices
    var readiness: Readiness { services.readiness }
    let logger: Logger
    private let hub: RealtimeHub
    private let isServing: Bool
    private let images = ImageShelf()
    /// What the process waits for in plugins.
    let steps = PluginSteps()
    let stalls: StallWatch

    /// - Parameters:
    ///   - eventLoopCount: 0 means one for each core.
    ///   - isServing: whether plugins are started to serve clients.
    init(_ configuration: EffectiveConfiguration, eventLoopCount: Int, isServing: Bool = false) {
        let count = eventLoopCount > 0 ? eventLoopCount : System.coreCount
        let eventLoops = MultiThreadedEventLoopGroup(numberOfThreads: count)
        let hub = RealtimeHub(eventLoops: Array(eventLoops.makeIterator()))
        let services = HostServices(routes: RouteTable(), hub: hub)
        self.configuration = configuration
        self.eventLoops = eventLoops
        self.services = services
        self.hub = hub
        self.isServing = isServing
        let logger = Logger(label: "replyhq")
        self.logger = logger
        stalls = StallWatch(Array(eventLoops.makeIterator()), logger: logger)
        services.readiness.watch(stalls)
    }

    /// What plugins share, with the part of a configuration that may change while the process runs.
    func environment(_ configuration: EffectiveConfiguration) -> PluginEnvironment {
        PluginEnvironment(
            host: services,
            hub: hub,
            metrics: services.metrics,
            eventLoops: eventLoops,
            clock: SystemClock(),
            logger: logger,
            environment: self.configuration.host.environment,
            topology: self.configuration.host.topology,
            isServing: isServing,
            shutdown: configuration.host.shutdown.policy,
            steps: steps
        )
    }

    /// Loads and makes the plugins that the configuration lists.
    ///
    /// - Parameter names: only these; nil means all, of which there must be one.
    /// - Throws: ``PluginRosterError``.
    func roster(only names: Set<String>? = nil) throws -> PluginRoster {
        if names == nil { try configuration.requirePlugins() }
        let plugins = configuration.host.plugins.filter { names?.contains($0.name) ?? true }
        return try roster(of: plugins, in: configuration)
    }

    /// The same of another configuration.
    ///
    /// - Parameter reuse: an instance that runs already and is what the entry asks for.
    /// - Throws: ``PluginRosterError``.
    func roster(
        of plugins: [PluginConfiguration],
        in configuration: EffectiveConfiguration,
        reuse: (PluginConfiguration) -> PluginInstance? = { _ in nil }
    ) throws -> PluginRoster {
        let loader = configuration.host.loader
        return try PluginRoster(
            plugins: plugins, environment: environment(configuration), limit: configuration.host.startTimeout,
            reuse: reuse
        ) { [images, logger] plugin in
            let image = try images.image(of: plugin.reference, loader)
            if let problem = ImageTrust.problem(with: image.path) {
                logger.warning("An image could be replaced by others", metadata: ["image": "\(image.path): \(problem)"])
            }
            return image
        }
    }

    /// A listed plugin's image.
    ///
    /// - Throws: `PluginLoadError`.
    func image(of plugin: PluginConfiguration) throws(PluginLoadError) -> PluginImage {
        try images.image(of: plugin.reference, configuration.host.loader)
    }

    func supervisor(of roster: PluginRoster) -> PluginSupervisor {
        PluginSupervisor(
            roster: roster, logger: logger, startLimit: configuration.host.startTimeout,
            withdraw: { [services] in await services.withdraw($0, isReturning: $1, until: $2) },
            takeBack: { [services] in await services.takeBack(from: $0) })
    }

    func shutDown() async {
        do {
            try await eventLoops.shutdownGracefully()
        } catch {
            logger.error("The event loops did not stop", metadata: ["error": "\(ErrorText.plain(error))"])
        }
    }
}

extension EffectiveConfiguration {
    /// Everything that a server does is a plugin's.
    ///
    /// - Throws: ``PluginRosterError`` if none is enabled.
    func requirePlugins() throws(PluginRosterError) {
        guard !host.plugins.contains(where: \.isEnabled) else { return }
        let place = path.map { "\($0): " } ?? ""
        let problem = host.plugins.isEmpty ? "no plugin is listed" : "no listed plugin is enabled"
        throw PluginRosterError(problems: [
            "\(place)\(problem), so there is nothing to serve; config/development.yaml shows a list of plugins"
        ])
    }
}

extension HostConfiguration {
    /// Finds plugins in the configured directories, then in the standard ones.
    var loader: PluginLoader {
        PluginLoader(
            locator: PluginLocator(directories: pluginDirectories + PluginLocator.standardDirectories),
            refusesUntrusted: environment == .production)
    }
}

extension ShutdownConfiguration {
    /// What plugins are told of it.
    var policy: ShutdownPolicy { ShutdownPolicy(notice: notice, reconnectDelay: reconnect) }
}
