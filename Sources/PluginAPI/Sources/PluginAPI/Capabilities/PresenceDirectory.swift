/// Who is online over all nodes of a cluster, as leases that a node holds for its connections (`presence-and-push.md` 3).
///
/// A device is online while it has a live lease. It is *shown* online from the first ``hold(_:by:for:)`` until a
/// ``settle(_:)`` finds it without a lease; both are atomic over all nodes, so that each change is told to one caller.
/// Time is the directory's own. Calls throw ``ChatError/Code/unavailable`` while the directory cannot be reached.
public protocol PresenceDirectory: Sendable {
    /// Sets who hears whether the directory can be used; called with the present answer, then at each change, in order.
    func observe(_ observer: @escaping @Sendable (PresenceDirectoryStatus) -> Void)

    /// Takes or renews a lease for each connection.
    /// - Returns: the devices that were not shown online and are from now on, each once.
    func hold(_ connections: [ConnectionInfo], by node: NodeID, for lease: Duration) async throws -> [DeviceIdentity]

    /// Gives leases up; those not held are ignored. The devices stay shown until they are settled.
    /// - Parameter time: how long the node means to take for that. When it is over ``overdue(limit:)`` finds the devices,
    ///   in case that the node has died; the time of a later release takes the place of an earlier one's.
    func release(_ connections: [ConnectionInfo], by node: NodeID, settlingWithin time: Duration) async throws

    /// Takes devices that have no live lease off the shown ones.
    /// - Returns: those that were shown until now, each to one caller.
    func settle(_ devices: [DeviceIdentity]) async throws -> [DeviceIdentity]

    /// Finds devices that were to be settled by now, longest due first.
    /// - Returns: each to one caller; some may have been settled, or be online again. At most `limit`.
    func overdue(limit: Int) async throws -> [DeviceIdentity]

    /// Drops leases that ran out, oldest first.
    /// - Returns: their connections, each to one caller; at most `limit`.
    func expire(limit: Int) async throws -> [ConnectionInfo]

    /// Whether the device has a live lease.
    func isOnline(_ device: DeviceIdentity) async throws -> Bool

    /// The app's devices with a live lease.
    func onlineDevices(of app: AppID) async throws -> Set<DeviceID>

    /// The app's connections with a live lease, in no order.
    func connections(of app: AppID) async throws -> [ConnectionInfo]
}

/// Whether a presence directory can be used.
public enum PresenceDirectoryStatus: Sendable, Hashable {
    /// It takes calls.
    case available
    /// Calls would fail; the reason is in the words of whatever refuses, and holds no secrets.
    case unavailable(reason: String)
}

extension Capability where Value == any PresenceDirectory {
    /// Presence over all nodes.
    public static var presenceDirectory: Self { Self("presence-directory") }
}
