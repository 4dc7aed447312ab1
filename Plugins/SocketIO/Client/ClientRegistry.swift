import PluginAPI
import Synchronization

/// The client sockets of this node by device, and how many there may be.
final class ClientRegistry: Sendable {
    private struct State {
        var byDevice: [DeviceIdentity: [ClientHandler]] = [:]
        var countByApp: [AppID: Int] = [:]
    }

    private let state = Mutex(State())
    private let mostPerDevice: Int
    private let mostPerApp: Int

    /// - Parameters: 0 means no limit.
    init(mostPerDevice: Int, mostPerApp: Int) {
        self.mostPerDevice = mostPerDevice
        self.mostPerApp = mostPerApp
    }

    /// False: the device or the app has as many sockets as it may.
    func admit(_ handler: ClientHandler) -> Bool {
        state.withLock { state in
            let onDevice = state.byDevice[handler.device]?.count ?? 0
            let inApp = state.countByApp[handler.device.app] ?? 0
            guard mostPerDevice == 0 || onDevice < mostPerDevice, mostPerApp == 0 || inApp < mostPerApp else {
                return false
            }
            state.byDevice[handler.device, default: []].append(handler)
            state.countByApp[handler.device.app] = inApp + 1
            return true
        }
    }

    func release(_ handler: ClientHandler) {
        state.withLock { state in
            guard let index = state.byDevice[handler.device]?.firstIndex(where: { $0 === handler }) else { return }
            state.byDevice[handler.device]?.remove(at: index)
            if state.byDevice[handler.device]?.isEmpty == true { state.byDevice[handler.device] = nil }
            state.countByApp[handler.device.app, default: 1] -= 1
            if state.countByApp[handler.device.app] == 0 { state.countByApp[handler.device.app] = nil }
        }
    }

    func sockets(of device: DeviceIdentity) -> [ClientHandler] {
        state.withLock { $0.byDevice[device] ?? [] }
    }

    /// Another presence is there: it is told of everybody who is connected.
    func presenceChanged() {
        for handler in state.withLock({ $0.byDevice.values.flatMap(\.self) }) {
            handler.eventLoop.execute { handler.reportToPresence() }
        }
    }
}
