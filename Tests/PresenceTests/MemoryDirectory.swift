import PluginAPI
import Synchronization

/// A directory in memory, with a clock that is moved by hand; it can be made unreachable, forgetful and silent.
final class MemoryDirectory: PresenceDirectory {
    private struct Lease {
        var connection: ConnectionInfo
        var end: Duration
    }

    private struct State {
        var now: Duration = .zero
        var leases: [String: Lease] = [:]
        var shown: Set<DeviceIdentity> = []
        /// When devices are to be settled.
        var away: [DeviceIdentity: Duration] = [:]
        var observers: [@Sendable (PresenceDirectoryStatus) -> Void] = []
        var isAvailable = true
        /// So many of the next calls fail, although it can be reached.
        var failures = 0
        var calls = 0
        /// Calls that wait for it to speak again; nil: it answers.
        var silence: [CheckedContinuation<Void, Never>]?
    }

    private let state = Mutex(State())

    var calls: Int { state.withLock { $0.calls } }
    var shown: Set<DeviceIdentity> { state.withLock { $0.shown } }
    var leaseCount: Int { state.withLock { $0.leases.count } }

    func advance(by time: Duration) { state.withLock { $0.now += time } }
    func failNext(_ count: Int) { state.withLock { $0.failures = count } }
    func forgetEverything() {
        state.withLock { state in
            state.leases = [:]
            state.shown = []
            state.away = [:]
        }
    }

    /// From now on calls are not answered.
    func fallSilent() { state.withLock { $0.silence = [] } }
    func speakAgain() {
        for waiting in state.withLock({ exchange(&$0.silence, with: nil) }) ?? [] { waiting.resume() }
    }

    func become(available: Bool) {
        let observers = state.withLock { state in
            state.isAvailable = available
            return state.observers
        }
        for observer in observers { observer(Self.status(available)) }
    }

    private static func status(_ isAvailable: Bool) -> PresenceDirectoryStatus {
        isAvailable ? .available : .unavailable(reason: "it was taken away")
    }

    func observe(_ observer: @escaping @Sendable (PresenceDirectoryStatus) -> Void) {
        let isAvailable = state.withLock { state in
            state.observers.append(observer)
            return state.isAvailable
        }
        observer(Self.status(isAvailable))
    }

    private func call<Answer>(_ body: (inout State) -> Answer) async throws -> Answer {
        await withCheckedContinuation { continuation in
            let isSilent = state.withLock { state in
                state.silence?.append(continuation)
                return state.silence != nil
            }
            if !isSilent { continuation.resume() }
        }
        return try state.withLock { state in
            state.calls += 1
            guard state.isAvailable else { throw ChatError(.unavailable, "away") }
            guard state.failures == 0 else {
                state.failures -= 1
                throw ChatError(.unavailable, "failed")
            }
            return body(&state)
        }
    }

    func hold(_ connections: [ConnectionInfo], by node: NodeID, for lease: Duration) async throws -> [DeviceIdentity] {
        try await call { state in
            for connection in connections {
                state.leases["\(node):\(connection.id)"] = Lease(connection: connection, end: state.now + lease)
            }
            return connections.compactMap { state.shown.insert($0.device).inserted ? $0.device : nil }
        }
    }

    func release(_ connections: [ConnectionInfo], by node: NodeID, settlingWithin time: Duration) async throws {
        try await call { state in
            for connection in connections {
                state.leases["\(node):\(connection.id)"] = nil
                state.away[connection.device] = state.now + time
            }
        }
    }

    func overdue(limit: Int) async throws -> [DeviceIdentity] {
        try await call { state in
            let over = state.away.filter { $0.value <= state.now }.sorted { $0.value < $1.value }
            let due = over.prefix(limit).map(\.key)
            for device in due { state.away[device] = nil }
            return due
        }
    }

    func settle(_ devices: [DeviceIdentity]) async throws -> [DeviceIdentity] {
        try await call { state in
            for device in devices { state.away[device] = nil }
            return devices.filter { device in
                !state.leases.values.contains { $0.connection.device == device && $0.end > state.now }
                    && state.shown.remove(device) != nil
            }
        }
    }

    func expire(limit: Int) async throws -> [ConnectionInfo] {
        try await call { state in
            let over = state.leases.filter { $0.value.end <= state.now }.sorted { $0.value.end < $1.value.end }
            for (key, _) in over.prefix(limit) { state.leases[key] = nil }
            return over.prefix(limit).map(\.value.connection)
        }
    }

    private func live(_ state: State, _ app: AppID) -> [ConnectionInfo] {
        state.leases.values.filter { $0.connection.device.app == app && $0.end > state.now }.map(\.connection)
    }

    func isOnline(_ device: DeviceIdentity) async throws -> Bool {
        try await call { state in live(state, device.app).contains { $0.device == device } }
    }

    func onlineDevices(of app: AppID) async throws -> Set<DeviceID> {
        try await call { state in Set(live(state, app).map(\.device.device)) }
    }

    func connections(of app: AppID) async throws -> [ConnectionInfo] {
        try await call { state in live(state, app) }
    }
}
