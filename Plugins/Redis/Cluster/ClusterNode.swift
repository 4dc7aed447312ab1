import PluginAPI

/// The connections to one node of a cluster; on the loop.
final class ClusterNode {
    let address: RedisAddress
    private let pair: ServerPair
    /// Until when it is kept although it has no slots; nil: no longer than it has some.
    var guestUntil: NIODeadline?

    init(
        _ address: RedisAddress, _ dialer: RedisDialer, _ options: RedisOptions, on eventLoop: any EventLoop,
        scripts: [RedisScript], meters: RedisMeters, of servers: ClusterServers
    ) {
        self.address = address
        let ear = Ear()
        pair = ServerPair(
            ServerLocator.fixed(address, dialer), options, on: eventLoop, scripts: scripts, meters: meters,
            listener: ConnectionListener(
                commandsChanged: { ear.changed?($0) }, heard: { ear.heard?($0) }, probed: { ear.probed?($0) }))
        ear.changed = { [weak self, weak servers] result in
            guard let self else { return }
            if case .failure(let failure) = result {
                servers?.changed(self, failure)
            } else {
                servers?.changed(self, nil)
            }
        }
        ear.heard = { [weak self, weak servers] event in
            guard let self else { return }
            servers?.heard(event, from: self)
        }
        ear.probed = { [weak self, weak servers] verdict in
            guard let self else { return }
            servers?.changed(self, verdict.failure)
        }
    }

    /// Safe from every thread.
    var commands: RedisCommands { pair.commands }
    var subscriptions: RedisSubscriptions { pair.subscriptions }
    var takesCommands: Bool { pair.takesCommands }
    var isRestored: Bool { pair.isRestored }
    var carries: Bool { pair.carries }
    var failure: RedisFailure? { pair.verdict.failure }
    var refusal: RedisFailure? { pair.verdict.refusal }

    var isWell: Bool { takesCommands && isRestored }

    var route: ClusterRouter.Route {
        ClusterRouter.Route(address: address, commands: commands, isReady: takesCommands)
    }

    func start() { pair.start() }

    func close() { pair.close() }

    /// - Parameter tag: a text whose slot it has.
    func place(tag: String) { pair.place(tag: tag) }

    /// What the connections tell, for a node that is there only after them.
    private final class Ear {
        var changed: ((Result<Void, RedisFailure>) -> Void)?
        var heard: ((SubscriptionEvent) -> Void)?
        var probed: ((ServerProbe.Verdict) -> Void)?
    }
}
