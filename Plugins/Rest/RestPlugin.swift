import PluginAPI

/// The entry of `libRest.so`.
@c(replyhq_plugin_rest)
public func entry() -> UnsafeMutableRawPointer { PluginHandle.export { RestFactory() } }

/// Describes and makes the HTTP wire of apps: `/v1` and `/api/v1` (`http.md` 3-7).
struct RestFactory: PluginFactory {
    var descriptor: PluginDescriptor {
        PluginDescriptor(
            name: "Rest",
            version: "0.1.0",
            summary: "The HTTP wire of apps, under /v1 and /api/v1.",
            requires: ["chat"],
            wants: ["rate-limits"],
            settings: RestSettings.schema)
    }

    func make(_ context: PluginContext) throws -> any Plugin {
        RestPlugin(context, settings: try RestSettings(context.settings))
    }
}

/// Translates HTTP into calls of the chat and its answers back; no rule of the chat is kept here.
final class RestPlugin: Plugin {
    /// Both generations of clients are served from one table of routes.
    static let prefixes = ["/v1", "/api/v1"]

    private let context: PluginContext
    private let settings: RestSettings

    init(_ context: PluginContext, settings: RestSettings) {
        self.context = context
        self.settings = settings
    }

    func start() async throws {
        let chat = try context.require(.chat)
        let shared = settings.sharesLimits ? context.find(.rateLimits) : nil
        let requests = RequestLimits(settings, shared: shared)
        for prefix in Self.prefixes {
            try context.middleware(
                under: prefix, ClientGate(prefix: prefix, chat: chat, limits: requests, logger: context.logger))
        }
        let routes = RestRoutes(
            chat: chat,
            clock: context.clock,
            messageLimiter: MessageLimiter(settings, shared: shared, eventLoops: context.eventLoops),
            localIDs: settings.localIDs
        )
        try context.routes { router in
            for prefix in Self.prefixes { routes.declare(on: router, under: prefix) }
        }
    }
}
