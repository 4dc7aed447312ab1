import PluginAPI
import Synchronization

/// The chat as a running plugin.
final class ChatPlugin: Plugin {
    /// How long a stop without a drain waits for tracked events to be stored.
    private static let stopPatience = TimeAmount.seconds(5)

    private let context: PluginContext
    private let configuration: ChatConfiguration
    private let service = Mutex<ChatService?>(nil)

    init(context: PluginContext, configuration: ChatConfiguration) {
        self.context = context
        self.configuration = configuration
    }

    func start() async throws {
        let push = context.follow(.push)
        let service = ChatService(
            store: try context.require(.store),
            hub: context.hub,
            clock: context.clock,
            eventLoop: context.eventLoops.next(),
            configuration: configuration,
            push: { push.value },
            meters: ChatMeters(context.metrics),
            logger: context.logger,
            health: context.health)
        self.service.withLock { $0 = service }
        try context.provide(service, as: .chat)
        // A command of this machine that changes an app does not wait for the next look.
        context.control("check-access") { [weak service] _ in
            try await service?.checkAccess()
            return [:]
        }
    }

    func drain(until deadline: NIODeadline) async {
        await service.withLock { $0 }?.drain(until: deadline)
    }

    func stop() async {
        guard let service = service.withLock({ $0.take() }) else { return }
        await service.drain(until: .now() + Self.stopPatience)
        service.close()
    }
}
