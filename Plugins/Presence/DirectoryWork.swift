import PluginAPI

/// One call of the directory.
enum DirectoryWork: Sendable, Equatable {
    /// Which devices are news, of those that the directory shows online from then on.
    enum Hearing: Sendable, Equatable {
        /// All: these connections are new.
        case arrivals
        /// All: while this node was frozen its leases may have run out.
        case renewal
        /// The directory may have lost everything; only those are news that came while it was away.
        case newcomers
    }

    /// Take or renew leases.
    case hold([ConnectionInfo], Hearing)
    /// The node stops: others shall find the leases run out soon.
    case shorten([ConnectionInfo])
    /// Give leases up.
    case release([ConnectionInfo])
    /// See whether devices are gone that have no connection here any more.
    case settle([DeviceIdentity])
    /// See whether devices are gone that left while the directory was away. It may have forgotten that it showed them.
    case farewell([DeviceIdentity])
    /// Look for leases that ran out.
    case sweep
}
