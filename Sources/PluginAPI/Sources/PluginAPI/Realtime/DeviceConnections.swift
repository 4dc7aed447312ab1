import Synchronization

/// The client connections of one transport on this node by device, and how many there may be.
public final class DeviceConnections<Connection: AnyObject & Sendable>: Sendable {
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

    /// False: the device or the app has as many connections as it may.
    public func admit(_ connection: Connection, of device: DeviceIdentity) -> Bool {
        state.withLock { state in
            let inApp = state.countByApp[device.app] ?? 0
            guard mostPerApp == 0 || inApp < mostPerApp else { return false }
            let isAdmitted = { (list: inout ShortList<Connection>) in
                guard mostPerDevice == 0 || list.count < mostPerDevice else { return false }
                list.append(connection)
                return true
            }(&state.byDevice[device, default: .empty])
            if isAdmitted { state.countByApp[device.app] = inApp + 1 }
            return isAdmitted
        }
    }

    /// Forgets a connection; one that was not admitted is ignored.
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
