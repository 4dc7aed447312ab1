import PluginAPI

/// The two connections to one node of a cluster; on the loop.
final class ClusterNode {
    let address: RedisAddress
    /// Safe from every thread.
    let commands: RedisCommands
    let subscriptions: RedisSubscriptions
    private(set) var takesCommands = false
    private(set) var isRestored = false
    /// Until when it is kept although it has no slots; nil: no longer than it has some.
    var guestUntil: NIODeadline?

    init(
        _ address: RedisAddress, _ dialer: RedisDialer, _ options: RedisOptions, on eventLoop: any EventLoop,
        scripts: [RedisScript], meters: RedisMeters, of servers: ClusterServers
    ) {
        self.address = address
        let locator = ServerLocator.fixed(address, dialer)
        let ear = Ear()
        commands = options.commands(of: locator, on: eventLoop, scripts: scripts, meters: meters) { ear.changed?($0) }
        subscriptions = options.subscriptions(of: locator, on: eventLoop, meters: meters) { ear.heard?($0) }
        ear.changed = { [weak self, weak servers] result in
            guard let self else { return }
            switch result {
            case .success:
                takesCommands = true
                servers?.changed(self, nil)
            case .failure(let failure):
                takesCommands = false
                servers?.changed(self, failure)
            }
        }
        ear.heard = { [weak self, weak servers] event in
            guard let self else { return }
            switch event {
            case .restored: isRestored = true
            case .lost, .failed: isRestored = false
            case .standing, .message, .misplaced: break
            }
            servers?.heard(event, from: self)
        }
    }

    var isWell: Bool { takesCommands && isRestored }

    var route: ClusterRouter.Route {
        ClusterRouter.Route(address: address, commands: commands, isReady: takesCommands)
    }

    func start() {
        commands.start()
        subscriptions.start()
    }

    func close() {
        commands.close()
        subscriptions.close()
    }

    /// What the connections tell, for a node that is there only after them.
    private final class Ear {
        var changed: ((Result<Void, RedisFailure>) -> Void)?
        var heard: ((SubscriptionEvent) -> Void)?
    }
}
