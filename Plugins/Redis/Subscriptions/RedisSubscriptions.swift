import PluginAPI

/// What the connection for subscriptions tells, on its loop, in order.
enum SubscriptionEvent {
    /// Everything that is wanted stands.
    case restored
    case lost(RedisFailure)
    /// An attempt to connect failed.
    case failed(RedisFailure)
    case standing([String])
    case message(channel: String, ByteBuffer)
}

/// The connection for subscriptions. What is wanted is asked for again on each new connection.
///
/// What a server holds for a reader that does not keep up is bounded by the server, which ends the connection then
/// (`client-output-buffer-limit pubsub`).
final class RedisSubscriptions: @unchecked Sendable {  // Mutable state is touched on the link's event loop only.
    /// The most channels in a command, so that none takes a server long.
    private static let chunk = 500

    private let link: RedisLink
    private let meters: RedisMeters
    private let tell: (SubscriptionEvent) -> Void
    private var table = SubscriptionTable()

    init(link: RedisLink, meters: RedisMeters, tell: @escaping (SubscriptionEvent) -> Void) {
        self.link = link
        self.meters = meters
        self.tell = tell
    }

    /// Begins to connect; on the loop.
    func start() { link.start(for: self) }

    /// Ends for good; on the loop.
    func close() { link.close() }

    /// On the loop.
    func subscribe(_ channels: [String]) { send("SUBSCRIBE", table.subscribe(channels)) }

    /// On the loop.
    func unsubscribe(_ channels: [String]) { send("UNSUBSCRIBE", table.unsubscribe(channels)) }

    private func send(_ word: String, _ channels: [String]) {
        guard !channels.isEmpty else { return }
        var bytes = ByteBuffer()
        for start in stride(from: 0, to: channels.count, by: Self.chunk) {
            let some = channels[start..<min(start + Self.chunk, channels.count)]
            bytes.writeCommand(RedisCommand([.text(word)] + some.map { .text($0) }))
        }
        link.write(bytes)
    }
}

extension RedisSubscriptions: LinkUser {
    func linkBecameReady() {
        send("SUBSCRIBE", table.connected())
        if table.isRestored { tell(.restored) }
    }

    func linkWasLost(_ failure: RedisFailure) {
        table.lost()
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
            // Errors come without the channel that they are about, so that nothing can be said of any.
            if let refusal = reply.refusal { return link.fail(refusal) }
            guard let push = SubscriptionPush(reply) else { return link.fail(.senseless("no kind of message")) }
            switch push {
            case .pong: break
            case .message(let channel, let body):
                meters.received(1)
                announce(&standing)
                tell(.message(channel: channel, body))
            case .confirmation(let channel, let isSubscription):
                let wasRestored = table.isRestored
                switch table.confirmed(channel, isSubscription: isSubscription) {
                case .stands: standing.append(channel)
                case .passed: break
                case .unasked: return link.fail(.senseless("nobody asked for the channel"))
                }
                guard table.isRestored, !wasRestored else { continue }
                announce(&standing)
                tell(.restored)
            }
        }
        announce(&standing)
    }

    private func announce(_ standing: inout [String]) {
        if !standing.isEmpty { tell(.standing(exchange(&standing, with: []))) }
    }
}
