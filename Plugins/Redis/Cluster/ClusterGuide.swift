import PluginAPI

/// Asks nodes of a Redis Cluster, one after the other, for the map of slots.
struct ClusterGuide: Sendable {
    private static let limits = RESPLimits(replyByteCount: 8 << 20, valueCount: 1 << 18, lineByteCount: 4_096)
    /// The most nodes that are asked in one go.
    private static let mostNodes = 12

    let greeting: [RedisCommand]
    let dialer: RedisDialer

    /// The map as the first node sees it that answers and thinks the cluster is well. A silent one costs its share of
    /// the time.
    func map(
        from nodes: [RedisAddress], on eventLoop: any EventLoop, within timeout: TimeAmount
    ) -> EventLoopFuture<SlotMap> {
        let nodes = nodes.prefix(Self.mostNodes)
        let share = TimeAmount.nanoseconds(timeout.nanoseconds / Int64(min(nodes.count, 4) + 1))
        return ask(nodes, on: eventLoop, within: share, failures: [])
    }

    private func ask(
        _ nodes: ArraySlice<RedisAddress>, on eventLoop: any EventLoop, within timeout: TimeAmount,
        failures: [RedisFailure]
    ) -> EventLoopFuture<SlotMap> {
        guard let node = nodes.first else {
            // What the settings get wrong is said as it is.
            let failure = failures.first { $0 == .noCluster } ?? failures.last
            return eventLoop.makeFailedFuture(failure ?? RedisFailure(.connection, "the cluster has no nodes"))
        }
        let questions = greeting + [RedisCommand("CLUSTER", "INFO"), RedisCommand("CLUSTER", "SLOTS")]
        return RedisInquiry.ask(
            node, questions, with: dialer, on: eventLoop, within: timeout, limits: Self.limits
        )
        .flatMapThrowing { answers in try Self.heard(answers, of: node) }
        .flatMapError { error in
            let failure = RedisFailure(describing: error)
            let said = failure == .noCluster ? failure : RedisFailure(failure.kind, "\(node): \(failure)")
            return ask(nodes.dropFirst(), on: eventLoop, within: timeout, failures: failures + [said])
        }
    }

    private static func heard(_ answers: [RESPValue], of node: RedisAddress) throws(RedisFailure) -> SlotMap {
        if let refusal = answers.lazy.compactMap(\.refusal).first {
            throw refusal.description.contains("cluster support disabled") ? .noCluster : refusal
        }
        guard answers.count >= 2, let info = answers[answers.count - 2].text else { throw .senseless("no state") }
        guard info.contains("cluster_state:ok") else {
            throw RedisFailure(.refused("CLUSTERDOWN"), "the cluster is not complete")
        }
        let epoch = info.firstRange(of: "cluster_current_epoch:").flatMap { mark in
            Int64(info[mark.upperBound...].prefix { $0.isNumber })
        }
        return try SlotMap(answers[answers.count - 1], of: node, epoch: epoch ?? 0)
    }
}
