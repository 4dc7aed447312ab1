import PluginAPI

// How the cluster stands, as a whole.
extension ClusterServers {
    /// A node changed its state.
    func changed(_ node: ClusterNode, _ failure: RedisFailure?) {
        guard nodes[node.address] === node else { return }
        publishRoutes()
        evaluate(failure?.at(node.address))
        if failure != nil { want() }
    }

    /// Tells the listener what has changed.
    ///
    /// - Parameter failure: what went wrong just now.
    func evaluate(_ failure: RedisFailure?) {
        if let failure { lastFailure = failure }
        let masters = map?.masters.map { nodes[$0] } ?? []
        let isComplete = map?.isComplete == true
        let takes = isComplete && masters.allSatisfy { $0?.takesCommands == true }
        let hears = isComplete && channels.isSettled && masters.allSatisfy { $0?.isRestored == true }
        let reason = lastFailure ?? RedisFailure(.connection, "a node of the cluster is away")
        let probed = verdict(masters, isComplete)
        let before = told
        told = (takes, hears, probed)
        switch (before.hears, hears) {
        case (false, true): listener.heard(.restored)
        case (true, false): listener.heard(.lost(reason))
        // Else it is told with the commands.
        case (false, false) where failure != nil && takes: listener.heard(.failed(reason))
        default: break
        }
        switch (before.takes, takes) {
        case (false, true): listener.commandsChanged(.success(()))
        case (true, false): listener.commandsChanged(.failure(reason))
        case (false, false) where failure != nil: listener.commandsChanged(.failure(reason))
        default: break
        }
        if before.probed != probed { listener.probed(probed) }
        if takes, hears, probed.carries { lastFailure = nil }
    }

    /// What is known by trying of all masters together.
    private func verdict(_ masters: [ClusterNode?], _ isComplete: Bool) -> ServerProbe.Verdict {
        var verdict = ServerProbe.Verdict()
        verdict.carries = isComplete && masters.allSatisfy { $0?.carries == true }
        for case .some(let node) in masters {
            verdict.failure = verdict.failure ?? node.failure.map { $0.at(node.address) }
            verdict.refusal = verdict.refusal ?? node.refusal.map { $0.at(node.address) }
        }
        return verdict
    }
}

extension RedisFailure {
    /// The same, with the node that it is about.
    fileprivate func at(_ address: RedisAddress) -> RedisFailure {
        description.contains(address.description) ? self : RedisFailure(kind, "\(description) (\(address))")
    }
}
