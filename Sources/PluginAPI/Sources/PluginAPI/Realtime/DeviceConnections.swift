import Synchronization

/// A connection of a device, as its transport keeps it.
public protocol DeviceConnection: AnyObject, Sendable {
    /// When the peer showed last that it is there: it connected, or answered a ping. From any thread.
    var lastSignOfLife: NIODeadline { get }
}

/// The client connections of one transport on this node by device, and how many there may be.
public final class DeviceConnections<Connection: DeviceConnection>: Sendable {
    private struct State {
        var byDevice: [DeviceIdentity: ShortList<Connection>] = [:]
        var countByApp: [AppID: Int] = [:]
        /// Those that are let in for good. The others count, and neither make another give way nor give way themselves.
        var admitted: Set<ObjectIdentifier> = []
        var admittedByApp: [AppID: Int] = [:]

        mutating func remove(at index: Int, of device: DeviceIdentity) {
            guard let place = byDevice.index(forKey: device) else { return }
            if admitted.remove(ObjectIdentifier(byDevice.values[place][index])) != nil {
                admittedByApp[device.app, default: 1] -= 1
                if admittedByApp[device.app] == 0 { admittedByApp[device.app] = nil }
            }
            byDevice.values[place].remove(at: index)
            if byDevice.values[place].isEmpty { byDevice.remove(at: place) }
            countByApp[device.app, default: 1] -= 1
            if countByApp[device.app] == 0 { countByApp[device.app] = nil }
        }
    }

    private let state = Mutex(State())
    private let mostPerDevice: Int
    private let mostPerApp: Int

    /// Makes an empty table.
    ///
    /// - Parameters: 0 means no limit.
    public init(mostPerDevice: Int, mostPerApp: Int) {
        self.mostPerDevice = mostPerDevice
        self.mostPerApp = mostPerApp
    }

    /// Keeps a connection whose admission is under way.
    ///
    /// A device that has as many as it may, or that has any while its app has as many as it may, has one more than that
    /// until ``replaced(by:of:)`` is asked. No device gets one in the place of another device's, since anyone who has the
    /// app's key can name a new one.
    ///
    /// - Returns: false: the app has as many as it may.
    public func admit(_ connection: Connection, of device: DeviceIdentity) -> Bool {
        state.withLock { state in
            let inApp = state.countByApp[device.app] ?? 0
            guard mostPerApp == 0 || inApp < mostPerApp || state.byDevice[device] != nil else { return false }
            state.byDevice[device, default: .empty].append(connection)
            state.countByApp[device.app] = inApp + 1
            return true
        }
    }

    /// A connection is let in for good. Where it is one too many, the one of its device that was silent for longest gives
    /// way: connections whose peer vanished stay until their ping times out, and would lock the device out for as long.
    ///
    /// Not before, since an admission that fails would have cost the device a connection that works.
    ///
    /// - Returns: the one that gives way, which is forgotten here and must be closed.
    public func replaced(by connection: Connection, of device: DeviceIdentity) -> Connection? {
        state.withLock { state in
            guard let list = state.byDevice[device], list.contains(where: { $0 === connection }),
                state.admitted.insert(ObjectIdentifier(connection)).inserted
            else { return nil }
            let inApp = (state.admittedByApp[device.app] ?? 0) + 1
            state.admittedByApp[device.app] = inApp
            let others = list.indices.filter {
                list[$0] !== connection && state.admitted.contains(ObjectIdentifier(list[$0]))
            }
            guard mostPerDevice > 0 && others.count >= mostPerDevice || mostPerApp > 0 && inApp > mostPerApp,
                let silent = others.min(by: { list[$0].lastSignOfLife < list[$1].lastSignOfLife })
            else { return nil }
            let replaced = list[silent]
            state.remove(at: silent, of: device)
            return replaced
        }
    }

    /// Forgets a connection; one that is not kept is ignored.
    public func release(_ connection: Connection, of device: DeviceIdentity) {
        state.withLock { state in
            guard let place = state.byDevice.index(forKey: device),
                let index = state.byDevice.values[place].firstIndex(where: { $0 === connection })
            else { return }
            state.remove(at: index, of: device)
        }
    }

    /// The device's connections, oldest first.
    public func connections(of device: DeviceIdentity) -> [Connection] {
        state.withLock { Array($0.byDevice[device] ?? .empty) }
    }

    /// The connections of all devices of an app.
    public func connections(of app: AppID) -> [Connection] {
        state.withLock { state in state.byDevice.lazy.filter { $0.key.app == app }.flatMap { Array($0.value) } }
    }

    /// All of them.
    public var all: [Connection] {
        state.withLock { $0.byDevice.values.flatMap(\.self) }
    }

    /// One connection of each device.
    public var onePerDevice: [Connection] {
        state.withLock { $0.byDevice.values.compactMap(\.first) }
    }

    /// Whether the device has any.
    public func contains(_ device: DeviceIdentity) -> Bool {
        state.withLock { $0.byDevice[device] != nil }
    }
}
