import PluginAPI
import Synchronization

/// The devices that came this way lately, here or on another node: those whose HTTP answers say that it ends.
final class AffectedDevices: Sendable {
    /// The most devices that are remembered.
    static let limit = 100_000
    /// How long a device counts.
    static let period = Duration.seconds(30 * 86_400)

    private struct State {
        /// As the store knew them when it was asked last.
        var stored: Set<DeviceIdentity> = []
        /// Since then; the longest ago first.
        var recent = ArrivalTable<DeviceIdentity, Bool>()
    }

    private let state = Mutex(State())

    func insert(_ device: DeviceIdentity) {
        state.withLock { state in
            guard state.recent[device] == nil else { return }
            state.recent.append(true, for: device)
            if state.recent.count > Self.limit { state.recent.removeFirst() }
        }
    }

    func contains(_ device: DeviceIdentity) -> Bool {
        state.withLock { $0.stored.contains(device) || $0.recent[device] != nil }
    }

    func replace(_ stored: Set<DeviceIdentity>) {
        state.withLock { $0.stored = stored }
    }
}
