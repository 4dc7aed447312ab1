import PluginAPI

/// Commands for the nodes of a cluster: each goes to the master of its key's slot.
///
/// As with one server, nothing waits for a connection. A command that a node sends on to another follows; one that
/// meets a slot on the move is tried again for about half a second.
struct ClusterCommands: CommandSending {
    let router: ClusterRouter

    var load: Int { router.load }

    func send(_ commands: [RedisCommand], done: @escaping CommandGroup.Done) {
        guard !commands.isEmpty else { return done(.success([])) }
        ClusterRequest(commands, router, done).start()
    }

    func ping() async throws(RedisFailure) {
        let masters = router.masters
        guard !masters.isEmpty else { throw RedisFailure(.connection, "no master of the cluster is known") }
        for master in masters { try await master.commands.ping() }
    }
}
