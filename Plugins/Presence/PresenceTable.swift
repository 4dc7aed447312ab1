import PluginAPI

/// The live client connections of this node, and what their coming and going means (`presence-and-push.md` 3).
///
/// A value: the time is an argument, and what is to be announced is the result. A device comes online at once; it goes
/// offline when its last connection has been gone for the grace, so that a phone that reconnects stays online.
struct PresenceTable: Sendable {
    private let grace: TimeAmount
    /// A device has one or two connections: a list is the smallest table.
    private var devices: [AppID: [DeviceID: [ConnectionInfo]]] = [:]
    /// Devices without a connection that still count as online for agents, and until when.
    private var pending = ArrivalTable<DeviceIdentity, NIODeadline>()
    private var isClosed = false
    private(set) var connectionCount = 0

    /// - Parameter offlineGrace: zero announces at once.
    init(offlineGrace: Duration) {
        grace = TimeAmount(offlineGrace)
    }

    /// When the next grace ends.
    var nextEnd: NIODeadline? { pending.first?.value }

    /// A connection opened; one that is known changes nothing.
    mutating func connect(_ connection: ConnectionInfo) -> [DomainEvent] {
        let device = connection.device
        guard let isFirst = add(connection) else { return [] }
        connectionCount += 1

        var events: [DomainEvent] = [.sessionConnected(connection)]
        let wasAway = pending.removeValue(for: device) != nil
        if isFirst && !wasAway { events.append(.presenceChanged(device, isOnline: true)) }
        return events
    }

    /// A connection closed; one that is not known changes nothing.
    mutating func disconnect(_ connection: ConnectionInfo, reason: String, at now: NIODeadline) -> [DomainEvent] {
        let device = connection.device
        guard let (known, wasLast) = remove(connection) else { return [] }
        connectionCount -= 1

        var events: [DomainEvent] = [.sessionDisconnected(known, reason: reason)]
        if wasLast && !isClosed {
            if grace > .zero {
                pending.append(now + grace, for: device)
            } else {
                events.append(.presenceChanged(device, isOnline: false))
            }
        }
        return events
    }

    /// Announces the devices whose grace is over.
    mutating func expire(at now: NIODeadline) -> [DomainEvent] {
        var events: [DomainEvent] = []
        while let (device, end) = pending.first, end <= now {
            pending.removeFirst()
            events.append(.presenceChanged(device, isOnline: false))
        }
        return events
    }

    /// The node is stopping: the graces that are under way end now, since nobody else knows of them, and from now on
    /// nobody is announced as offline.
    mutating func close() -> [DomainEvent] {
        isClosed = true
        var events: [DomainEvent] = []
        while let (device, _) = pending.removeFirst() { events.append(.presenceChanged(device, isOnline: false)) }
        return events
    }
}

// MARK: Lists, changed in place: a device of a test bench may have thousands of connections

extension PresenceTable {
    /// Whether it is the device's first; nil if it is known.
    private mutating func add(_ connection: ConnectionInfo) -> Bool? {
        { (list: inout [ConnectionInfo]) -> Bool? in
            guard !list.contains(where: { $0.id == connection.id }) else { return nil }
            list.append(connection)
            return list.count == 1
        }(&devices[connection.device.app, default: [:]][connection.device.device, default: []])
    }

    /// The connection as it is known and whether it was the device's last; nil if it is not known.
    private mutating func remove(_ connection: ConnectionInfo) -> (known: ConnectionInfo, wasLast: Bool)? {
        let device = connection.device
        guard let app = devices.index(forKey: device.app) else { return nil }
        let found = { (devices: inout [DeviceID: [ConnectionInfo]]) -> (known: ConnectionInfo, wasLast: Bool)? in
            guard let place = devices.index(forKey: device.device),
                let index = devices.values[place].firstIndex(where: { $0.id == connection.id })
            else { return nil }
            let known = devices.values[place].remove(at: index)
            guard devices.values[place].isEmpty else { return (known, false) }
            // An empty list would stay for ever: devices come and go.
            devices.remove(at: place)
            return (known, true)
        }(&devices.values[app])
        if devices.values[app].isEmpty { devices.remove(at: app) }
        return found
    }
}

// MARK: Answers

extension PresenceTable {
    func isOnline(_ device: DeviceIdentity) -> Bool {
        devices[device.app]?[device.device] != nil
    }

    func onlineDevices(of app: AppID) -> Set<DeviceID> {
        devices[app].map { Set($0.keys) } ?? []
    }

    /// Of all apps, in no order.
    var connections: [ConnectionInfo] {
        devices.values.flatMap { $0.values.flatMap { $0 } }
    }

    /// In no order.
    func connections(of app: AppID) -> [ConnectionInfo] {
        devices[app].map { $0.values.flatMap { $0 } } ?? []
    }
}
