import PluginAPI
import Synchronization

/// Presence as a running plugin.
final class PresencePlugin: Plugin {
    private let context: PluginContext
    private let offlineGrace: Duration
    private let service = Mutex<PresenceService?>(nil)

    init(context: PluginContext, offlineGrace: Duration) {
        self.context = context
        self.offlineGrace = offlineGrace
    }

    func start() async throws {
        let service = PresenceService(
            hub: context.hub, eventLoop: context.eventLoops.next(), offlineGrace: offlineGrace)
        self.service.withLock { $0 = service }
        try context.provide(service, as: .presence)
    }

    func drain(until deadline: NIODeadline) async {
        service.withLock { $0 }?.close()
    }

    func stop() async {
        service.withLock { $0.take() }?.close()
    }
}
