import NIOCore
import Synchronization

/// The open websockets by the plugin that serves them.
final class UpgradedChannels: Sendable {
    private let channels = Mutex<[String: [ObjectIdentifier: any Channel]]>([:])

    /// How many websockets are open.
    var count: Int { channels.withLock { $0.values.reduce(0) { $0 + $1.count } } }

    /// Keeps a websocket until it is closed.
    func add(_ channel: any Channel, owner: String) {
        let id = ObjectIdentifier(channel)
        channels.withLock { $0[owner, default: [:]][id] = channel }
        channel.closeFuture.whenComplete { _ in
            self.channels.withLock { channels in
                channels[owner]?[id] = nil
                if channels[owner]?.isEmpty == true { channels[owner] = nil }
            }
        }
    }

    /// Closes what a plugin left open, and waits until that is done.
    func closeAll(owner: String) async {
        let left = channels.withLock { Array($0[owner, default: [:]].values) }
        for channel in left { channel.close(promise: nil) }
        for channel in left { try? await channel.closeFuture.get() }
    }
}
