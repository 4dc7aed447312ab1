import NIOPosix
import PluginAPI
import Synchronization

/// One replica: its connections, how far it is known to be, and whether it is in use.
final class Replica: Sendable {
    private struct State {
        /// What it said last. Only a hint: each read makes sure by itself.
        var known: WALPosition?
        var isLooking = false
        var isUsed = false
        var underWay = 0
    }

    /// Between two questions for how far it is, while reads wait for it to get there.
    private static let pause: Duration = .milliseconds(1)

    /// Where it is, for logs.
    let name: String
    let pool: PostgresPool
    let trouble: Trouble
    private let state = Mutex(State())
    private let arrivals = WaitingList<WALPosition, Void>()
    private let endings = WaitingList<Void, Void>()

    init(name: String, pool: PostgresPool, trouble: Trouble) {
        self.name = name
        self.pool = pool
        self.trouble = trouble
    }

    /// How many reads it has to do; nil: it is not in use.
    var load: Int? { state.withLock { $0.isUsed ? $0.underWay : nil } }

    /// Takes it into use or out of it; with the latter whoever waits for it goes elsewhere. Returns whether it changed.
    func setUsed(_ isUsed: Bool) -> Bool {
        let isNews = state.withLock { state in
            defer { state.isUsed = isUsed }
            return state.isUsed != isUsed
        }
        if !isUsed { endings.resume(with: .success(())) }
        return isNews
    }

    /// Runs steps that see everything up to a position of the primary's.
    ///
    /// The first step of the same transaction tells how far the replica is. So it does not matter what was known of it
    /// before: it may have been started anew meanwhile, and be further back.
    func read<Value: Sendable>(
        _ steps: [Step], of app: AppID?, from target: WALPosition,
        decode: @escaping @Sendable ([Rows]) throws -> Value
    ) async throws -> Value {
        state.withLock { $0.underWay += 1 }
        defer { state.withLock { $0.underWay -= 1 } }
        return try await whileUsed { [self] in
            try await reach(target)
            return try await pool.read([Step(.replicaPosition)] + steps, of: app) { [self] rows in
                guard try note(rows).reaches(target) else { throw ReplicaFailure.behind }
                return try decode(Array(rows.dropFirst()))
            }
        }
    }

    /// Waits until it has replayed everything up to a position; for how long is the caller's to bound.
    ///
    /// - Parameter afresh: Whether it has to say so now, and not what is known of it.
    func reach(_ target: WALPosition, afresh: Bool = false) async throws {
        if !afresh, state.withLock({ $0.known?.reaches(target) ?? false }) { return }
        try await arrivals.wait(for: target) { if startsLooking() { Task { await look() } } }
    }

    private func whileUsed<Value: Sendable>(
        _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Value?.self) { group in
            defer { group.cancelAll() }
            group.addTask { try await body() }
            group.addTask { [self] in
                try await endings.wait(for: ()) { if load == nil { endings.resume(with: .success(())) } }
                return nil
            }
            guard let value = try await group.next() ?? nil else { throw ReplicaFailure.dropped }
            return value
        }
    }
}

extension Replica {
    private func startsLooking() -> Bool {
        state.withLock { state in
            defer { state.isLooking = true }
            return !state.isLooking
        }
    }

    /// Asks how far it is for as long as somebody waits for it.
    private func look() async {
        while true {
            do {
                let position = try await pool.read([Step(.replicaPosition)]) { [self] in try note($0) }
                arrivals.resume(with: .success(())) { position.reaches($0) }
            } catch {
                arrivals.resume(with: .failure(error))
            }
            let isOver = state.withLock { state in
                if arrivals.isEmpty { state.isLooking = false }
                return !state.isLooking
            }
            if isOver { return }
            try? await MultiThreadedEventLoopGroup.singleton.pause(for: Self.pause)
        }
    }

    private func note(_ rows: [Rows]) throws -> WALPosition {
        guard let position = try rows.first?.first(as: WALPosition.init(row:)) else { throw ReplicaFailure.foreign }
        state.withLock { $0.known = position }
        return position
    }
}
