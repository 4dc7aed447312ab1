import PluginAPI
import Synchronization

/// Leases of connections as rows: `presence_leases`, and `presence_shown` for the devices that were announced as online
/// and not yet as offline.
///
/// It writes over a connection of its own: its lock is held until the commit, and must not wait for that of messages.
final class PostgresPresenceDirectory: PresenceDirectory {
    private static let lane = LaneKey("presence")
    private static let listPage = 5_000
    private static let expiryLimit = 1_000

    private let writing: PostgresPool
    private let reading: PostgresPool
    private let line: ListenLine

    /// - Parameters:
    ///   - line: Says whether the server can be reached. After a break all leases are taken anew, since the tables of a
    ///     server that crashed, or of one that took its place, are empty.
    init(writing: PostgresPool, reading: PostgresPool, line: ListenLine) {
        self.writing = writing
        self.reading = reading
        self.line = line
    }

    func observe(_ observer: @escaping @Sendable (PresenceDirectoryStatus) -> Void) {
        let wasUp = Mutex<Bool?>(nil)
        line.observe { event in
            let status: PresenceDirectoryStatus
            switch event {
            case .up: status = .available
            case .down(let failure): status = .unavailable(reason: failure.description)
            case .notified: return
            }
            let isUp = status == .available
            if wasUp.withLock({ exchange(&$0, with: isUp) }) != isUp { observer(status) }
        }
    }

    func hold(
        _ connections: [ConnectionInfo], by node: NodeID, for lease: Duration
    ) async throws -> [DeviceIdentity] {
        let leases = LeaseColumns(connections)
        guard !leases.isEmpty else { return [] }
        return try await change([
            Step(
                .holdLeases, .id(node), .integer(max(1, lease.wholeMilliseconds)), leases.apps, leases.devices,
                leases.connections, leases.times),
            Step(.showDevices, leases.apps, leases.devices),
        ]) { try $0.map(DeviceIdentity.init(row:)) }
    }

    func release(_ connections: [ConnectionInfo], by node: NodeID, settlingWithin time: Duration) async throws {
        let leases = LeaseColumns(connections)
        guard !leases.isEmpty else { return }
        try await change([
            Step(.releaseLeases, .id(node), leases.apps, leases.devices, leases.connections),
            Step(.noteAway, .integer(max(0, time.wholeMilliseconds)), leases.apps, leases.devices),
        ]) { _ in }
    }

    func overdue(limit: Int) async throws -> [DeviceIdentity] {
        let limit = min(max(limit, 0), Self.expiryLimit)
        guard limit > 0 else { return [] }
        return try await change([Step(.takeOverdue, .limit(limit))]) { try $0.map(DeviceIdentity.init(row:)) }
    }

    func settle(_ devices: [DeviceIdentity]) async throws -> [DeviceIdentity] {
        let devices = devices.filter(\.isStorable)
        guard !devices.isEmpty else { return [] }
        return try await change([
            Step(.settleDevices, .ids(devices.map(\.app)), .ids(devices.map(\.device)))
        ]) { try $0.map(DeviceIdentity.init(row:)) }
    }

    func expire(limit: Int) async throws -> [ConnectionInfo] {
        let limit = min(max(limit, 0), Self.expiryLimit)
        guard limit > 0 else { return [] }
        return try await change([Step(.expireLeases, .limit(limit))]) { rows in
            try rows.map { row in
                ConnectionInfo(
                    id: row.id(2), device: try DeviceIdentity(row: row),
                    connectedAt: Timestamp(milliseconds: try row.integer(3)))
            }
        }
    }

    /// Runs steps under the lock; reads the answer to the last.
    private func change<Value: Sendable>(
        _ steps: [Step], _ decode: @escaping @Sendable (Rows) throws -> Value
    ) async throws -> Value {
        try await writing.write(in: Self.lane, [Step(.lockLeases)] + steps) { rows in
            guard let last = rows.last else { throw ChatError(.internalError, "The store failed") }
            return try decode(last)
        }
    }
}

// MARK: Questions

extension PostgresPresenceDirectory {
    func isOnline(_ device: DeviceIdentity) async throws -> Bool {
        guard device.isStorable else { return false }
        return try await reading.read([Step(.hasLease, .id(device.app), .id(device.device))]) { rows in
            try rows.first?.first { try $0.boolean(0) } ?? false
        }
    }

    func onlineDevices(of app: AppID) async throws -> Set<DeviceID> {
        Set(try await connections(of: app).map(\.device.device))
    }

    /// Page by page, so that the largest app keeps the connection from others no longer than the smallest.
    func connections(of app: AppID) async throws -> [ConnectionInfo] {
        guard !SQLValue.id(app).holdsNUL else { return [] }
        var found: [ConnectionInfo] = []
        var end: (device: DeviceID, node: NodeID, connection: ConnectionID) = ("", "", "")
        while true {
            let step = Step(
                .listLeases, .id(app), .id(end.device), .id(end.node), .id(end.connection), .limit(Self.listPage))
            let page = try await reading.read([step]) { rows in
                try (rows.first?.map { ($0.id(1) as NodeID, try ConnectionInfo(listed: $0, app: app)) }) ?? []
            }
            found += page.map(\.1)
            guard page.count == Self.listPage, let (node, last) = page.last else { return found }
            end = (last.device.device, node, last.id)
        }
    }
}

/// The columns of connections, each of them once.
private struct LeaseColumns {
    let apps, devices, connections, times: SQLValue
    let isEmpty: Bool

    init(_ all: [ConnectionInfo]) {
        // One statement changes a row once. What holds a NUL cannot have connected over this store.
        var seen: Set<ConnectionID> = []
        let all = all.filter { $0.device.isStorable && seen.insert($0.id).inserted }
        apps = .ids(all.map(\.device.app))
        devices = .ids(all.map(\.device.device))
        connections = .ids(all.map(\.id))
        times = .texts(all.map { String($0.connectedAt.milliseconds) })
        isEmpty = all.isEmpty
    }
}

extension DeviceIdentity {
    fileprivate init(row: SQLRow) throws {
        self.init(app: row.id(0), device: row.id(1))
    }

    /// PostgreSQL's text has no room for NUL.
    fileprivate var isStorable: Bool { !SQLValue.id(app).holdsNUL && !SQLValue.id(device).holdsNUL }
}

extension ConnectionInfo {
    /// A row of ``Statement/listLeases``.
    fileprivate init(listed row: SQLRow, app: AppID) throws {
        self.init(
            id: row.id(2), device: DeviceIdentity(app: app, device: row.id(0)),
            connectedAt: Timestamp(milliseconds: try row.integer(3)))
    }
}
