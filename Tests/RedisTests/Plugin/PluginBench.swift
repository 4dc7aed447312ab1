import Logging
import Metrics
import NIOPosix
import PluginAPI
import SQLitePlugin
import Synchronization

@testable import RedisPlugin

/// A host with nothing but a store, for one plugin.
final class PluginBench: PluginHost {
    let health: PluginHealth
    /// Each change of health, which the host logs.
    let reports = Journal<PluginHealth.Report>()
    let lines = Journal<String>()
    private let folder: TestFolder
    private let store: SQLiteStore
    private let values = Mutex<[CapabilityName: any Sendable]>([:])
    private let checks = Mutex<[@Sendable () async throws -> Void]>([])

    init() async throws {
        health = PluginHealth(clock: SystemClock()) { [reports] in reports.add($0) }
        folder = try TestFolder()
        store = try await SQLiteStore.open(SQLiteOptions(path: folder.path + "/store.db"))
        values.withLock { $0[Capability<any Store>.store.name] = store as any Store }
    }

    /// Makes a Redis plugin as the host does.
    ///
    /// - Parameter startPatience: longer than in the product, for servers that answer but on a busy machine.
    func plugin(
        _ values: [(String, String)], isRequired: Bool, startPatience: Duration = .seconds(3)
    ) throws -> any Plugin {
        let factory = RedisFactory()
        let entries = values.map { SettingsEntry($0.0, SettingsNode(text: $0.1, origin: .default), origin: .default) }
        let lines = lines
        let context = PluginContext(
            plugin: "Redis", provides: factory.descriptor.provides, isRequired: isRequired,
            settings: Settings(SettingsNode(.mapping(entries), origin: .default), schema: RedisOptions.schema),
            logger: Logger(label: "test") { _ in JournalLog(lines: lines) }, environment: .development,
            shutdown: ShutdownPolicy(), eventLoops: MultiThreadedEventLoopGroup.singleton, clock: SystemClock(),
            hub: RealtimeHub(eventLoops: [MultiThreadedEventLoopGroup.singleton.next()]), health: health,
            metrics: NOOPMetricsHandler.instance, host: self)
        return RedisPlugin(
            options: try RedisOptions(context.settings), context: context, startPatience: startPatience)
    }

    /// Starts a plugin and moves its health as the host does.
    func start(_ plugin: any Plugin) async throws {
        health.advance(to: .starting)
        try await plugin.start()
        health.advance(to: .ready)
    }

    /// What the plugin's checks say.
    func check() async throws {
        for check in checks.withLock({ $0 }) { try await check() }
    }

    var checkCount: Int { checks.withLock { $0.count } }

    func close() async throws { try await store.close() }

    func provide(_ value: any Sendable, as capability: CapabilityName, by plugin: String) throws {
        values.withLock { $0[capability] = value }
    }

    func value(of capability: CapabilityName) -> (any Sendable)? { values.withLock { $0[capability] } }

    func addHealthCheck(_ check: @escaping @Sendable () async throws -> Void, by plugin: String) {
        checks.withLock { $0.append(check) }
    }

    func addRoutes(_ declare: (RouteCollection<HTTPContext>) -> Void, by plugin: String) throws {}
    func addMiddleware(
        _ middleware: any MiddlewareProtocol<Request, Response, HTTPContext>, under prefix: String, by plugin: String
    ) throws {}
    func addWebSocket(_ endpoint: WebSocketEndpoint, by plugin: String) throws {}
}

/// Keeps what is logged at notice and above.
private struct JournalLog: LogHandler {
    let lines: Journal<String>
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .notice

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        lines.add("\(event.message) \(event.metadata ?? [:])")
    }
}
