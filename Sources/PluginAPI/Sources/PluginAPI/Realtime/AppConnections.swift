import Synchronization

/// Connections that an app's client key opened for agents, so that they can be ended with the key.
public final class AppConnections<Connection: AnyObject & Sendable>: Sendable {
    private let table = Mutex<[AppID: [ObjectIdentifier: Connection]]>([:])

    /// Makes an empty table.
    public init() {}

    /// Notes a connection.
    public func add(_ connection: Connection, of app: AppID) {
        table.withLock { $0[app, default: [:]][ObjectIdentifier(connection)] = connection }
    }

    /// Forgets a connection; one that was not noted is ignored.
    public func remove(_ connection: Connection, of app: AppID) {
        table.withLock { table in
            table[app]?[ObjectIdentifier(connection)] = nil
            if table[app]?.isEmpty == true { table[app] = nil }
        }
    }

    /// The app's connections, in no order.
    public func connections(of app: AppID) -> [Connection] {
        table.withLock { Array(($0[app] ?? [:]).values) }
    }
}
