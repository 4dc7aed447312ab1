import NIOPosix
import PluginAPI

extension ConnectionInfo {
    static func test(_ id: String, device: DeviceID, app: AppID = "app") -> ConnectionInfo {
        ConnectionInfo(
            id: ConnectionID(id), device: DeviceIdentity(app: app, device: device),
            connectedAt: Timestamp(milliseconds: 1_700_000_000_123))
    }
}

extension RedisServer {
    /// A loop for what tests do themselves.
    static var loop: any EventLoop { MultiThreadedEventLoopGroup.singleton.next() }
}
