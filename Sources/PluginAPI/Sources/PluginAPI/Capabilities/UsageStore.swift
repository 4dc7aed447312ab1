/// Which devices were connected how, at rest: one row for each day (UTC), app, device and transport.
///
/// A store that keeps none may leave these out; reports over it are empty.
public protocol UsageStore: Sendable {
    /// Notes uses, all or none; of several on one day for a device and transport the latest counts. Uses of apps that
    /// do not exist are left out. Rows of those apps that are older than ``TransportUse/daysKept`` days before the
    /// latest of their uses go.
    func recordUses(_ uses: [TransportUse]) async throws

    /// How the devices of an app were connected in the 30 days before an instant: a line for each software, and one for
    /// each transport as a whole, most devices first; at most ``TransportUsage/mostLines``.
    func usage(of app: AppID, at now: Timestamp) async throws -> [TransportUsage]

    /// Devices of an app that were connected by a transport since an instant, at most `limit`.
    func devices(of app: AppID, using transport: ClientTransport, since: Timestamp, limit: Int) async throws
        -> [DeviceID]
}

extension UsageStore {
    /// Forgets them.
    public func recordUses(_ uses: [TransportUse]) async throws {}

    /// Nothing is known.
    public func usage(of app: AppID, at now: Timestamp) async throws -> [TransportUsage] { [] }

    /// Nobody is known.
    public func devices(
        of app: AppID, using transport: ClientTransport, since: Timestamp, limit: Int
    ) async throws -> [DeviceID] { [] }
}
