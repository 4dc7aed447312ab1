import PluginAPI

// How the cluster stands, as a whole.
extension ClusterServers {
    /// A node changed its state.
    func changed(_ node: ClusterNode, _ failure: RedisFailure?) {
        guard nodes[node.address] === node else { return }
        publishRoutes()
        evaluate(failure)
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
        let before = told
        told = (takes, hears)
        switch (before.hears, hears) {
        case (false, true): listener.heard(.restored)
        case (true, false): listener.heard(.lost(reason))
        default: break
        }
        switch (before.takes, takes) {
        case (false, true): listener.commandsChanged(.success(()))
        case (true, false): listener.commandsChanged(.failure(reason))
        case (false, false) where failure != nil: listener.commandsChanged(.failure(reason))
        default: break
        }
        if takes, hears { lastFailure = nil }
    }
}
