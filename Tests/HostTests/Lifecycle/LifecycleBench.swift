import Logging
import NIOPosix
import PluginAPI
import Testing

@testable import HostCore

/// A host without a listener, whose plugins are fakes.
struct LifecycleBench: Sendable {
    let journal = Journal()
    let services: HostServices
    let roster: PluginRoster
    let supervisor: PluginSupervisor

    init(
        _ plugins: KeyValuePairs<String, FakeBehaviour>,
        startLimit: Duration = .seconds(60),
        stopLimit: Duration = .seconds(60)
    ) throws {
        let services = HostServices.bench()
        let journal = journal
        let roster = try Self.roster(plugins, services, journal)
        self.services = services
        self.roster = roster
        supervisor = PluginSupervisor(
            roster: roster, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, startLimit: startLimit,
            stopLimit: stopLimit,
            withdraw: { plugin, isReturning, _ in
                journal.note("withdraw \(plugin)\(isReturning ? " for a moment" : "")")
            }
        ) { plugin in
            journal.note("take back \(plugin)")
            await services.takeBack(from: plugin)
        }
    }

    /// The plugins of a configuration that lists these.
    ///
    /// - Parameter running: instances that stay where their plugin is listed.
    static func roster(
        _ plugins: KeyValuePairs<String, FakeBehaviour>, _ services: HostServices, _ journal: Journal,
        keeping running: [PluginInstance] = []
    ) throws -> PluginRoster {
        let list = plugins.map { "- {name: \($0.key), required: \($0.value.isRequired)}" }
        let configuration = try load("plugins:\n" + list.joined(separator: "\n")).host
        let behaviours = Dictionary(uniqueKeysWithValues: plugins.map { ($0.key, $0.value) })
        return try PluginRoster(
            plugins: configuration.plugins, environment: .bench(services),
            reuse: { plugin in running.first { $0.descriptor.name == plugin.name } },
            load: { plugin in
                let behaviour = try #require(behaviours[plugin.name])
                let descriptor = PluginDescriptor(
                    name: plugin.name, version: "1", summary: "A fake.",
                    provides: behaviour.lists ?? behaviour.provides, requires: behaviour.requires,
                    wants: behaviour.wants)
                return PluginImage(
                    reference: try PluginReference(name: plugin.name), path: "lib\(plugin.name).so", stamp: .host,
                    descriptor: descriptor,
                    factory: FakeFactory(descriptor: descriptor, journal: journal, behaviour: behaviour))
            })
    }

    func state(of name: String) -> PluginState? { health(of: name)?.report.state }

    func health(of name: String) -> PluginHealth? {
        roster.instances.first { $0.descriptor.name == name }?.health
    }
}

extension HostServices {
    static func bench() -> HostServices {
        HostServices(
            routes: RouteTable(), hub: RealtimeHub(eventLoops: [MultiThreadedEventLoopGroup.singleton.next()]),
            // A machine that tests keep busy answers late.
            checks: HealthChecks(limit: .seconds(60)))
    }
}

extension PluginEnvironment {
    static func bench(_ services: HostServices) -> PluginEnvironment {
        PluginEnvironment(
            host: services,
            hub: services.hub,
            metrics: services.metrics,
            eventLoops: MultiThreadedEventLoopGroup.singleton,
            clock: ManualClock(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            environment: .development,
            topology: .single,
            shutdown: ShutdownPolicy(notice: .zero)
        )
    }
}
