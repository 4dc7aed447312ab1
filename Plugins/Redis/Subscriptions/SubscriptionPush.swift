import PluginAPI

/// What a server sends on a connection that subscribes (redis.io/docs/interact/pubsub).
enum SubscriptionPush: Equatable {
    case message(channel: String, ByteBuffer)
    case confirmation(channel: String, isSubscription: Bool)
    case pong

    init?(_ reply: RESPValue) {
        // As long as nothing is subscribed a PING is answered as everywhere else.
        if reply == .status("PONG") {
            self = .pong
            return
        }
        guard let items = reply.items, let kind = items.first?.text else { return nil }
        switch (kind, items.count) {
        case ("pong", 2): self = .pong
        case ("message", 3), ("smessage", 3):
            guard let channel = items[1].text, case .bulk(let body) = items[2] else { return nil }
            self = .message(channel: channel, body)
        case ("pmessage", 4):
            guard let channel = items[2].text, case .bulk(let body) = items[3] else { return nil }
            self = .message(channel: channel, body)
        case ("subscribe", 3), ("unsubscribe", 3), ("ssubscribe", 3), ("sunsubscribe", 3), ("psubscribe", 3),
            ("punsubscribe", 3):
            guard let channel = items[1].text else { return nil }
            self = .confirmation(channel: channel, isSubscription: !kind.hasSuffix("unsubscribe"))
        default: return nil
        }
    }
}
