import Synchronization

/// A connection of a device, as its transport keeps it.
public protocol DeviceConnection: AnyObject, Sendable {
    /// When the peer showed last that it is there: it connected, or answered a ping. From any thread.
    var lastSignOfLife: NIODeadline { get }
}

/// The client connections of one transport on this node by device, and how many there may be.
public final class DeviceConnections<Connection: DeviceConnection>: Sendable {
    /// What becomes of a connection that comes.
    public enum Admission: Sendable {
        /// It is kept.
        case admitted
        /// It is kept instead of another one of its device, which is forgotten here and must be closed.
        case admittedInstead(of: Connection)
        /// The app has as many as it may.
        case refused
    }

    private struct State {
        var byDevice: [DeviceIdentity: ShortList<Connection>] = [:]
        var countByApp: [AppID: Int] = [:]
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

    /// Keeps a connection, if there is room in its app.
    ///
    /// A device that has as many as it may, or that has any while its app has as many as it may, loses the one that was
    /// silent for longest: connections whose peer vanished stay until their ping times out, and would lock the device
    /// out for as long. No device loses one to another device, since anyone who has the app's key can name a new one.
    public func admit(_ connection: Connection, of device: DeviceIdentity) -> Admission {
        state.withLock { state in
            let inApp = state.countByApp[device.app] ?? 0
            let mayGrow = mostPerApp == 0 || inApp < mostPerApp
            let admission = admit(connection, to: &state.byDevice[device, default: .empty], mayGrow: mayGrow)
            switch admission {
            case .admitted: state.countByApp[device.app] = inApp + 1
            case .admittedInstead: break
            case .refused: if state.byDevice[device]?.isEmpty == true { state.byDevice[device] = nil }
            }
            return admission
        }
    }

    private func admit(_ connection: Connection, to list: inout ShortList<Connection>, mayGrow: Bool) -> Admission {
        let isFull = mostPerDevice > 0 && list.count >= mostPerDevice
        if isFull || !mayGrow,
            let silent = list.indices.min(by: { list[$0].lastSignOfLife < list[$1].lastSignOfLife })
        {
            let replaced = list[silent]
            list.remove(at: silent)
            list.append(connection)
            return .admittedInstead(of: replaced)
        }
        guard mayGrow else { return .refused }
        list.append(connection)
        return .admitted
    }

    /// Forgets a connection; one that is not kept is ignored.
    public func release(_ connection: Connection, of device: DeviceIdentity) {
        state.withLock { state in
            guard let place = state.byDevice.index(forKey: device),
                let index = state.byDevice.values[place].firstIndex(where: { $0 === connection })
            else { return }
            state.byDevice.values[place].remove(at: index)
            if state.byDevice.values[place].isEmpty { state.byDevice.remove(at: place) }
            state.countByApp[device.app, default: 1] -= 1
            if state.countByApp[device.app] == 0 { state.countByApp[device.app] = nil }
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
