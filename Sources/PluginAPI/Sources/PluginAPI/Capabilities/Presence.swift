/// Who is online (`presence-and-push.md` 3): a device is, while it has at least one live client connection of
/// whatever transport. Agents do not count.
///
/// Whoever accepts client connections reports each exactly once each way. Announcements (`presenceChanged`,
/// `sessionConnected`, `sessionDisconnected`) are published to the app's topic by the implementation.
public protocol Presence: Sendable {
    /// A client connection opened. Synchronous, so that a close right after it cannot overtake it.
    func connected(_ connection: ConnectionInfo)

    /// A client connection closed. A connection that is not known is ignored.
    func disconnected(_ connection: ConnectionInfo, reason: String)

    /// The raw truth, without any grace: what the push decision uses.
    func isOnline(_ device: DeviceIdentity) async -> Bool

    /// The app's devices that are online.
    func onlineDevices(of app: AppID) async -> Set<DeviceID>

    /// The app's live client connections, oldest first.
    func connections(of app: AppID) async -> [ConnectionInfo]

    /// Live client connections of this node, over all apps.
    var localConnectionCount: Int { get }
}
