import PluginAPI
import Synchronization

/// What follows when an app's access changed: nothing of it is remembered, and connections that it opened may have to end.
final class AccessChanges: Sendable {
    /// Set once, right after the gate is made with this as its observer.
    let keys = Mutex<KeyGate?>(nil)
    private let hub: RealtimeHub
    private let logger: Logger

    init(hub: RealtimeHub, logger: Logger) {
        self.hub = hub
        self.logger = logger
    }

    func happened(_ app: AppID, _ change: AccessChange) {
        keys.withLock { $0 }?.forget(app)
        // For the wires of this node; every other node finds out by itself.
        guard case .revoked(let keyHolds) = change else { return }
        logger.notice(
            "what an app's clients were let in by was revoked; their connections end", metadata: ["app": "\(app)"])
        hub.publish(.accessRevoked(app, keyHolds: keyHolds), to: [])
    }
}
