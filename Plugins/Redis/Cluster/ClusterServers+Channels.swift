import PluginAPI

// What is subscribed to, and what comes.
extension ClusterServers: ChannelSubscribing {
    func subscribe(_ names: [String]) { perform(channels.subscribe(names, by: map)) }

    func unsubscribe(_ names: [String]) {
        perform(channels.unsubscribe(names))
        evaluate(nil)
    }

    func perform(_ changes: [ChannelPlaces.Change]) {
        for change in changes {
            let node = nodes[change.node]?.subscriptions
            node?.unsubscribe(change.unsubscribe)
            node?.subscribe(change.subscribe)
        }
    }

    /// What a node's connection for subscriptions tells.
    func heard(_ event: SubscriptionEvent, from node: ClusterNode) {
        guard nodes[node.address] === node else { return }
        switch event {
        case .restored: changed(node, nil)
        case .lost(let failure), .failed(let failure): changed(node, failure)
        case .standing(let names):
            let standing = channels.standing(names, at: node.address)
            if !standing.isEmpty { listener.heard(.standing(standing)) }
            evaluate(nil)
        case .message(let name, let body):
            if channels.isWanted(name) { listener.heard(.message(channel: name, body)) }
        case .misplaced(let names):
            if channels.misplaced(names, at: node.address) {
                evaluate(RedisFailure(.connection, "slots are changing hands"))
            }
            want()
        }
    }
}
