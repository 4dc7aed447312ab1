import PluginAPI
import Synchronization

/// Presence: this node's table behind a lock, one timer for all graces; with a directory, that of all nodes.
final class PresenceService: Presence {
    private struct State {
        var table: PresenceTable
        /// Events in the order of the changes they tell of, not yet published.
        var outbox: [DomainEvent] = []
        var isPublishing = false
    }

    private let hub: RealtimeHub
    private let eventLoop: any EventLoop
    private let timer: DeadlineTimer
    private let state: Mutex<State>
    /// To the directory of all nodes; nil: there is only this one. Set once, before the first connection.
    private let link = Mutex<PresenceLink?>(nil)

    /// - Parameter eventLoop: where graces end.
    init(hub: RealtimeHub, eventLoop: any EventLoop, offlineGrace: Duration) {
        self.hub = hub
        self.eventLoop = eventLoop
        timer = DeadlineTimer(on: eventLoop)
        state = Mutex(State(table: PresenceTable(offlineGrace: offlineGrace)))
    }

    func connected(_ connection: ConnectionInfo) {
        apply { $0.connect(connection) }
    }

    func disconnected(_ connection: ConnectionInfo, reason: String) {
        let now = eventLoop.now
        apply { $0.disconnect(connection, reason: reason, at: now) }
    }

    func isOnline(_ device: DeviceIdentity) async -> Bool {
        if state.withLock({ $0.table.isOnline(device) }) { return true }
        return await ask { try await $0.isOnline(device) } ?? false
    }

    func onlineDevices(of app: AppID) async -> Set<DeviceID> {
        let elsewhere = await ask { try await $0.onlineDevices(of: app) } ?? []
        return state.withLock { $0.table.onlineDevices(of: app) }.union(elsewhere)
    }

    func connections(of app: AppID) async -> [ConnectionInfo] {
        let elsewhere = await ask { try await $0.connections(of: app) } ?? []
        let here = state.withLock { $0.table.connections(of: app) }
        let known = Set(here.map(\.id))
        return (here + elsewhere.filter { !known.contains($0.id) })
            .sorted { ($0.connectedAt, $0.id) < ($1.connectedAt, $1.id) }
    }

    var localConnectionCount: Int {
        state.withLock { $0.table.connectionCount }
    }

    /// All live connections of this node, in no order.
    var localConnections: [ConnectionInfo] {
        state.withLock { $0.table.connections }
    }

    /// Follows a directory of all nodes from now on.
    func follow(_ link: PresenceLink) {
        self.link.withLock { $0 = link }
        link.open()
    }

    /// The node is stopping: who is in a grace is announced as offline, and nobody any more after that. A directory that
    /// does not answer holds nobody up beyond the deadline.
    func close(until deadline: NIODeadline) async {
        timer.cancel()
        apply { $0.close() }
        await link.withLock { $0 }?.close(until: deadline)
    }

    private func ask<Answer: Sendable>(
        _ question: (any PresenceDirectory) async throws -> Answer
    ) async -> Answer? {
        await link.withLock { $0 }?.ask(question)
    }
}

// MARK: Announcing

extension PresenceService {
    /// Changes the table and publishes what that means, in the order of the changes.
    ///
    /// Nothing is published under the lock, so that a subscriber may ask who is online. Of threads that change the
    /// table at the same time, one publishes for all.
    private func apply(_ change: (inout PresenceTable) -> [DomainEvent]) {
        let (mustPublish, next) = state.withLock { state in
            state.outbox += change(&state.table)
            let mustPublish = !state.outbox.isEmpty && !state.isPublishing
            if mustPublish { state.isPublishing = true }
            return (mustPublish, state.table.nextEnd)
        }
        if let next { timer.arm(at: next) { [weak self] in self?.expire() } }
        if mustPublish { publishOutbox() }
    }

    private func expire() {
        let now = eventLoop.now
        apply { $0.expire(at: now) }
    }

    private func publishOutbox() {
        while let events = takeOutbox() {
            let link = link.withLock { $0 }
            for event in events where link?.note(event) ?? true { hub.publish(event, to: [.app(event.app)]) }
        }
    }

    /// Nil: all is published, and the next change is its own publisher.
    private func takeOutbox() -> [DomainEvent]? {
        state.withLock { state in
            guard !state.outbox.isEmpty else {
                state.isPublishing = false
                return nil
            }
            return exchange(&state.outbox, with: [])
        }
    }
}
