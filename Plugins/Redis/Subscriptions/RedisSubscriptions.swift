import PluginAPI

/// The connection for subscriptions. What is wanted is asked for again on each new connection.
///
/// What a server holds for a reader that does not keep up is bounded by the server, which ends the connection then
/// (`client-output-buffer-limit pubsub`).
final class RedisSubscriptions: @unchecked Sendable {  // Mutable state is touched on the link's event loop only.
    /// The most channels in a command, so that none takes a server long.
    private static let chunk = 500

    private let link: RedisLink
    private let dialect: SubscriptionDialect
    private let meters: RedisMeters
    private let tell: (SubscriptionEvent) -> Void
    private var table = SubscriptionTable()
    private var asked = AskedSubscriptions()

    init(
        link: RedisLink, dialect: SubscriptionDialect, meters: RedisMeters,
        tell: @escaping (SubscriptionEvent) -> Void
    ) {
        self.link = link
        self.dialect = dialect
        self.meters = meters
        self.tell = tell
    }

    /// Begins to connect; on the loop.
    func start() { link.start(for: self) }

    /// Ends for good; on the loop.
    func close() { link.close() }

    /// Gives the connection up and makes it anew; on the loop.
    func fail(_ failure: RedisFailure) { link.fail(failure) }

    /// On the loop.
    func subscribe(_ channels: [String]) { ask(for: table.subscribe(channels), isSubscription: true) }

    /// On the loop.
    func unsubscribe(_ channels: [String]) { ask(for: table.unsubscribe(channels), isSubscription: false) }

    private func ask(for channels: [String], isSubscription: Bool) {
        guard !channels.isEmpty else { return }
        let word = RedisCommand.Argument.text(isSubscription ? dialect.subscribe : dialect.unsubscribe)
        var bytes = ByteBuffer()
        for channels in dialect.groups(channels) {
            for start in stride(from: 0, to: channels.count, by: Self.chunk) {
                let some = channels[start..<min(start + Self.chunk, channels.count)]
                bytes.writeCommand(RedisCommand([word] + some.map { .text($0) }))
                asked.add(Array(some), isSubscription: isSubscription)
            }
        }
        link.write(bytes)
    }
}

extension RedisSubscriptions: ChannelSubscribing {}

extension RedisSubscriptions: LinkUser {
    func linkBecameReady() {
        ask(for: table.connected(), isSubscription: true)
        if table.isRestored { tell(.restored) }
    }

    func linkWasLost(_ failure: RedisFailure) {
        table.lost()
        asked = AskedSubscriptions()
        meters.lost()
        tell(.lost(failure))
    }

    func linkAttemptFailed(_ failure: RedisFailure) { tell(.failed(failure)) }

    func linkWantsPing() {
        var bytes = ByteBuffer()
        bytes.writeCommand(RedisCommand("PING"))
        link.write(bytes)
    }

    func linkReceived(_ replies: [RESPValue]) {
        var standing: [String] = []
        for reply in replies {
            if let refusal = reply.refusal {
                guard refuse(refusal, &standing) else { return link.fail(refusal) }
                continue
            }
            guard let push = SubscriptionPush(reply) else { return link.fail(.senseless("no kind of message")) }
            switch push {
            case .pong: break
            case .message(let channel, let body):
                meters.received(1)
                announce(&standing)
                tell(.message(channel: channel, body))
            case .confirmation(let channel, let isSubscription):
                guard confirm(channel, isSubscription, &standing) else {
                    return link.fail(.senseless("nobody asked for the channel"))
                }
            }
        }
        announce(&standing)
    }

    /// Returns false for a confirmation that nobody waits for.
    private func confirm(_ channel: String, _ isSubscription: Bool, _ standing: inout [String]) -> Bool {
        guard asked.confirmed(channel, isSubscription: isSubscription) else {
            // A node of a cluster ends subscriptions of its own accord when it gives their slot away.
            guard dialect == .sharded, !isSubscription, table.withdrawn(channel) else { return false }
            announce(&standing)
            tell(.misplaced([channel]))
            return true
        }
        let wasRestored = table.isRestored
        switch table.confirmed(channel, isSubscription: isSubscription) {
        case .stands: standing.append(channel)
        case .passed: break
        case .unasked: return false
        }
        tellIfRestored(unless: wasRestored, &standing)
        return true
    }

    /// Errors come without the channels that they are about: they are those of the command whose turn it is. Returns
    /// false for one that ends the connection.
    private func refuse(_ refusal: RedisFailure, _ standing: inout [String]) -> Bool {
        guard dialect == .sharded, refusal.saysElsewhere, let channels = asked.refused() else { return false }
        let wasRestored = table.isRestored
        let lost = table.refused(channels)
        announce(&standing)
        if !lost.isEmpty { tell(.misplaced(lost)) }
        tellIfRestored(unless: wasRestored, &standing)
        return true
    }

    private func tellIfRestored(unless wasRestored: Bool, _ standing: inout [String]) {
        guard table.isRestored, !wasRestored else { return }
        announce(&standing)
        tell(.restored)
    }

    private func announce(_ standing: inout [String]) {
        if !standing.isEmpty { tell(.standing(exchange(&standing, with: []))) }
    }
}
