import PluginAPI
import Synchronization

/// One plugin's way to the host, open until the plugin fails to start or stops. What it would contribute when it has
/// failed or stopped is refused: nobody would take it back.
final class PluginDoor: PluginHost {
    private let host: any PluginHost
    private let isOpen = Atomic(true)

    init(_ host: any PluginHost) {
        self.host = host
    }

    func close() { isOpen.store(false, ordering: .sequentiallyConsistent) }

    func provide(_ value: any Sendable, as capability: CapabilityName, by plugin: String) throws {
        try pass(plugin)
        try host.provide(value, as: capability, by: plugin)
    }

    func value(of capability: CapabilityName) -> (any Sendable)? {
        host.value(of: capability)
    }

    func addRoutes(_ declare: (RouteCollection<HTTPContext>) -> Void, by plugin: String) throws {
        try pass(plugin)
        try host.addRoutes(declare, by: plugin)
    }

    func addMiddleware(
        _ middleware: any MiddlewareProtocol<Request, Response, HTTPContext>,
        under prefix: String,
        by plugin: String
    ) throws {
        try pass(plugin)
        try host.addMiddleware(middleware, under: prefix, by: plugin)
    }

    func addWebSocket(_ endpoint: WebSocketEndpoint, by plugin: String) throws {
        try pass(plugin)
        try host.addWebSocket(endpoint, by: plugin)
    }

    func addHealthCheck(_ check: @escaping @Sendable () async throws -> Void, by plugin: String) {
        guard isOpen.load(ordering: .sequentiallyConsistent) else { return }
        host.addHealthCheck(check, by: plugin)
    }

    func observe(
        _ capability: CapabilityName, by plugin: String, _ changed: @escaping @Sendable ((any Sendable)?) -> Void
    ) {
        guard isOpen.load(ordering: .sequentiallyConsistent) else { return changed(nil) }
        host.observe(capability, by: plugin, changed)
    }

    func addControl(_ name: String, by plugin: String, _ answer: @escaping ControlAnswer) {
        guard isOpen.load(ordering: .sequentiallyConsistent) else { return }
        host.addControl(name, by: plugin, answer)
    }

    func readMetrics() -> [MetricReading] { host.readMetrics() }

    func report() async -> ProcessReport { await host.report() }

    private func pass(_ plugin: String) throws {
        guard isOpen.load(ordering: .sequentiallyConsistent) else {
            throw PluginContextError("plugin \(plugin) has stopped and can contribute nothing")
        }
    }
}
