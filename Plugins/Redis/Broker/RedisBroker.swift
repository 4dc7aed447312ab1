import PluginAPI

/// Redis' publish and subscribe as the broker of a cluster.
///
/// Channels begin with the prefix and the database's number, because a server's channels know no databases. In a
/// cluster they are sharded: each is carried by the master of its slot.
final class RedisBroker: Broker {
    private let client: RedisClient
    private let prefix: String

    init(client: RedisClient, prefix: String, database: Int) {
        self.client = client
        self.prefix = "\(prefix)bus:\(database):"
    }

    func listen(_ listener: @escaping @Sendable (BrokerEvent) -> Void) {
        client.eventLoop.execute { [client, prefix] in
            client.listen { event in
                switch event {
                case .standing(let channels): listener(.subscribed(channels.map { Self.name($0, prefix) }))
                case .message(let channel, let body):
                    listener(.received(BrokerMessage(channel: Self.name(channel, prefix), body: body)))
                case .restored, .lost, .failed, .misplaced: break
                }
            }
            let announcement = NIOLoopBoundBox(false, eventLoop: client.eventLoop)
            client.observe { status in
                guard status.isConnected != announcement.value else { return }
                announcement.value = status.isConnected
                listener(status.isConnected ? .connected : .lost(reason: status.failure?.description ?? "closed"))
            }
        }
    }

    func subscribe(_ channels: [String]) {
        let channels = channels.map { prefix + $0 }
        client.eventLoop.execute { [client] in client.subscriptions.subscribe(channels) }
    }

    func unsubscribe(_ channels: [String]) {
        let channels = channels.map { prefix + $0 }
        client.eventLoop.execute { [client] in client.subscriptions.unsubscribe(channels) }
    }

    func publish(_ messages: [BrokerMessage], done: @escaping @Sendable (Bool) -> Void) {
        let word: RedisCommand.Argument = client.isCluster ? "SPUBLISH" : "PUBLISH"
        let commands = messages.map { message in
            let channel = prefix + message.channel
            return RedisCommand(word, .text(channel), .bytes(message.body), key: channel)
        }
        client.commands.send(commands) { result in
            if case .success(let answers) = result {
                done(answers.allSatisfy { $0.integer != nil })
            } else {
                done(false)
            }
        }
    }

    private static func name(_ channel: String, _ prefix: String) -> String {
        String(channel.dropFirst(prefix.count))
    }
}
