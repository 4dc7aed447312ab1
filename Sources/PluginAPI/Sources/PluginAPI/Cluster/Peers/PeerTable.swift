/// The other nodes, as far as they are heard. A value: the time is an argument.
struct PeerTable: Sendable {
    private struct Peer {
        var window = ReplayWindow()
        var lastHeartbeat: Int64?
        var heardAt: NIODeadline
    }

    /// A node that is silent for longer counts as lost: what it stored last it may not have published.
    static let patience = TimeAmount.seconds(5)
    /// More nodes than any cluster has; beyond it the one that was silent longest is forgotten.
    static let capacity = 1_000

    private var peers: [NodeID: Peer] = [:]

    /// How many other nodes are heard.
    var count: Int { peers.count }

    /// When the next one counts as lost.
    var nextLoss: NIODeadline? { peers.values.lazy.map { $0.heardAt + Self.patience }.min() }

    /// Whether a record is new here.
    mutating func admit(_ number: UInt64, from node: NodeID, at now: NIODeadline) -> Bool {
        meet(node, at: now)
        return peers[node]?.window.admit(number) ?? false
    }

    /// Takes a sign of life in. Answers since when something of the node may be missing; nil: nothing is.
    mutating func heartbeat(_ number: Int64, isLast: Bool, from node: NodeID, at now: NIODeadline) -> NIODeadline? {
        meet(node, at: now)
        guard let peer = peers[node] else { return nil }
        if isLast {
            peers[node] = nil
            return nil
        }
        let isGap = peer.lastHeartbeat.map { number > $0 &+ 1 } ?? false
        peers[node]?.lastHeartbeat = max(peer.lastHeartbeat ?? number, number)
        peers[node]?.heardAt = now
        return isGap ? peer.heardAt : nil
    }

    /// Forgets the nodes that count as lost. Answers since when something of theirs may be missing; nil: there were none.
    mutating func expire(at now: NIODeadline) -> NIODeadline? {
        let lost = peers.filter { $0.value.heardAt + Self.patience <= now }
        for node in lost.keys { peers[node] = nil }
        return lost.values.map(\.heardAt).min()
    }

    /// This node could not hear anybody: their silence meant nothing.
    mutating func forgive(at now: NIODeadline) {
        for node in peers.keys {
            peers[node]?.heardAt = now
            // What was missed is repaired as a whole.
            peers[node]?.lastHeartbeat = nil
        }
    }

    private mutating func meet(_ node: NodeID, at now: NIODeadline) {
        guard peers[node] == nil else { return }
        if peers.count >= Self.capacity, let quietest = peers.min(by: { $0.value.heardAt < $1.value.heardAt }) {
            peers[quietest.key] = nil
        }
        peers[node] = Peer(heardAt: now)
    }
}
