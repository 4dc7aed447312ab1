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
        /// Seen here since then or in the round before, whose notes may not have been stored in time; the longest ago
        /// first.
        var recent = ArrivalTable<DeviceIdentity, Int>()
        /// Counts how often the store was asked.
        var round = 0
    }

    private let state = Mutex(State())

    func insert(_ device: DeviceIdentity) {
        state.withLock { state in
            guard state.recent[device] != state.round else { return }
            state.recent.append(state.round, for: device)
            if state.recent.count > Self.limit { state.recent.removeFirst() }
        }
    }

    func contains(_ device: DeviceIdentity) -> Bool {
        state.withLock { $0.stored.contains(device) || $0.recent[device] != nil }
    }

    func replace(_ stored: Set<DeviceIdentity>) {
        state.withLock { state in
            state.stored = stored
            let round = state.round
            state.recent.removeAll { _, seen in seen < round }
            state.round = round + 1
        }
    }
}
