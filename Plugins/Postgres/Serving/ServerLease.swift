import PluginAPI

/// This process's claim to serve from the database: with topology `single` alone, otherwise beside servers of the same
/// topology only.
///
/// It is a row with an end that is moved on while the process lives, so that it holds behind a pooler, too, and ends with
/// a process that is killed: at once if that ran on the same machine, else after ``duration``.
struct ServerLease: Sendable {
    /// A server that this one cannot be beside.
    struct Holder: Sendable, CustomStringConvertible {
        var node: String
        var topology: String
        var process: ProcessIdentity

        var description: String {
            "process \(process.pid) on host \(process.host), with topology \"\(topology)\""
        }
    }

    /// How long it lasts without being renewed.
    static let duration: Duration = .seconds(10)
    /// How often it is renewed.
    static let interval: Duration = .seconds(3)
    private static let lane = LaneKey("server lease")
    /// How many servers that have ended are cleared away one after the other.
    private static let clearLimit = 16

    let pool: PostgresPool
    let topology: Topology
    var process = ProcessIdentity.own
    let node = IDGenerator.uuidV4()

    /// Takes or renews the lease. Answers the server that is in the way; nil when the lease is held.
    func renew() async throws -> Holder? {
        var gone: [String] = []
        while true {
            guard let holder = try await claim(clearing: gone) else { return nil }
            guard holder.process.isGone, gone.count < Self.clearLimit else { return holder }
            gone.append(holder.node)
        }
    }

    /// Lets the next server in at once.
    func release() async throws {
        try await pool.maintain(in: Self.lane, [Step(.lockServers), Step(.releaseServer, .text(node))]) { _ in }
    }

    /// Takes room on the server's disk, and gives it back.
    func probeRoom() async throws {
        try await pool.maintain(in: Self.lane, [Step(.fillRoom, .text(node), .integer(256))]) { _ in }
        try await pool.maintain(in: Self.lane, [Step(.emptyRoom, .text(node))]) { _ in }
    }

    private func claim(clearing gone: [String]) async throws -> Holder? {
        let (node, topology) = (SQLValue.text(node), SQLValue.text(topology.rawValue))
        let steps = [
            Step(.lockServers),
            Step(.clearServers, node, .texts(gone)),
            Step(
                .holdServer, node, topology, .text(process.host), .integer(process.pid), .text(process.token),
                .integer(Int64(Self.duration.wholeMilliseconds))),
            Step(.otherServer, node, topology),
        ]
        return try await pool.maintain(in: Self.lane, steps) { rows in
            try rows.last?.first { row in
                Holder(
                    node: row.text(0), topology: row.text(1),
                    process: ProcessIdentity(host: row.text(2), pid: try row.integer(3), token: row.text(4)))
            }
        }
    }
}
