import PluginAPI

/// The entry of `libAdmin.so`.
@c(replyhq_plugin_admin)
public func entry() -> UnsafeMutableRawPointer { PluginHandle.export { AdminFactory() } }

/// Describes and makes what agents use: who they are, the dashboard's routes, and set-up (`http.md` 9, 10).
struct AdminFactory: PluginFactory {
    var descriptor: PluginDescriptor {
        PluginDescriptor(
            name: "Admin",
            version: "0.1.0",
            summary: "Agents: who they are, the dashboard's HTTP routes, and the set-up of apps.",
            provides: ["admin-identity"],
            requires: ["store", "chat"],
            wants: ["presence", "rate-limits"],
            settings: AdminSettings.schema)
    }

    func make(_ context: PluginContext) throws -> any Plugin {
        AdminPlugin(context, settings: try AdminSettings(context.settings, environment: context.environment))
    }
}

final class AdminPlugin: Plugin {
    private let context: PluginContext
    private let settings: AdminSettings

    init(_ context: PluginContext, settings: AdminSettings) {
        self.context = context
        self.settings = settings
    }

    func start() async throws {
        let store = try context.require(.store)
        let chat = try context.require(.chat)
        let access = AdminAccess(
            tokens: settings.tokenSecret.map { AccessTokenVerifier(secret: $0) },
            chat: chat,
            acceptsClientKeys: settings.acceptsClientKeys,
            clock: context.clock)
        try context.provide(access, as: .adminIdentity)

        let dashboard = DashboardRoutes(
            gate: AdminGate(access: access), chat: chat, store: store,
            presence: context.find(.presence), clock: context.clock)
        let setup = SetupRoutes(
            gate: SetupGate(settings, shared: context.find(.rateLimits)),
            registry: AppRegistry(store: store, clock: context.clock))
        try context.routes { router in
            dashboard.declare(on: router)
            setup.declare(on: router)
        }
        for warning in settings.warnings { context.logger.warning("\(warning)") }
    }
}
