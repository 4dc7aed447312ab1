import NIOPosix
import PluginAPI

/// Looks again and again whether a replica gets to where the primary is within the limit, and takes it into use or out
/// of it.
struct ReplicaWatch: Sendable {
    let replica: Replica
    let primary: PostgresPool
    let limit: Duration
    /// Told at the first look and whenever it changes: nil, the replica is in use; else why it is not.
    let changed: @Sendable (_ failure: String?) -> Void

    /// Between two looks; with the limit it bounds how long a read waits for a replica that has stopped answering.
    private var pause: Duration { min(max(limit, .milliseconds(100)), .seconds(1)) }

    /// Runs until its task is cancelled.
    func run() async {
        var isFirst = true
        while !Task.isCancelled {
            // The primary's troubles are not the replica's: nothing can be told about it.
            if let (target, cluster) = try? await primaryState() {
                let failure = await look(for: target, cluster)
                if Task.isCancelled { return }
                if replica.setUsed(failure == nil) || isFirst { changed(failure) }
                isFirst = false
            }
            try? await MultiThreadedEventLoopGroup.singleton.pause(for: pause)
        }
    }

    private func primaryState() async throws -> (WALPosition, String) {
        try await primary.read([Step(.primaryPosition), Step(.cluster)]) { rows in
            guard let position = try rows.first?.first(as: WALPosition.init(row:)), let cluster = Self.cluster(rows)
            else { throw ReplicaFailure.foreign }
            return (position, cluster)
        }
    }

    private static func cluster(_ rows: [Rows]) -> String? { rows.last?.first { $0.text(0) } }

    /// Returns why the replica cannot be used.
    private func look(for target: WALPosition, _ cluster: String) async -> String? {
        do {
            return try await withThrowingTaskGroup(of: String?.self) { group in
                defer { group.cancelAll() }
                group.addTask {
                    let own = try await replica.pool.read([Step(.cluster)]) { Self.cluster($0) }
                    guard own == cluster else { throw ReplicaFailure.foreign }
                    try await replica.reach(target, afresh: true)
                    return nil
                }
                group.addTask {
                    try await MultiThreadedEventLoopGroup.singleton.pause(for: limit)
                    return "it is more than \(DurationText.format(limit)) behind"
                }
                return try await group.next() ?? nil
            }
        } catch {
            return replica.trouble.text ?? ErrorText.cause(of: error)
        }
    }
}
