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
    /// These channels are not this server's, or not any more: in a cluster another has their slots.
    case misplaced([String])
}

/// The kinds of publish and subscribe: for all of a server, by names or by patterns, or of a cluster for the master of a
/// channel's slot.
enum SubscriptionDialect {
    case plain, sharded, patterns

    var subscribe: String { prefix + "SUBSCRIBE" }
    var unsubscribe: String { prefix + "UNSUBSCRIBE" }

    private var prefix: String {
        switch self {
        case .plain: ""
        case .sharded: "S"
        case .patterns: "P"
        }
    }

    /// Channels that may stand in one command: of one slot, where there are slots.
    func groups(_ channels: [String]) -> [[String]] {
        self != .sharded ? [channels] : Array(Dictionary(grouping: channels, by: KeySlot.of).values)
    }
}
