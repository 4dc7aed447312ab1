/// What carries bytes between the nodes of a cluster: named channels without a memory.
///
/// A broker may lose what is published while a connection to it is down, and says so by ``BrokerEvent/lost(reason:)``
/// and ``BrokerEvent/connected``. While it is connected it keeps the order of one publisher's batches per subscriber.
/// None of the calls blocks; they may come from any thread.
public protocol Broker: Sendable {
    /// How it wants to be used.
    var traits: BrokerTraits { get }

    /// Sets who hears of everything; called once, before any other call. If the broker is connected already, `connected`
    /// follows. Events come one at a time, in order.
    func listen(_ listener: @escaping @Sendable (BrokerEvent) -> Void)

    /// Subscribes to channels, or will once connected, and again after each reconnect, until ``unsubscribe(_:)``.
    /// ``BrokerEvent/subscribed(_:)`` confirms each.
    func subscribe(_ channels: [String])

    /// Ends subscriptions; what is on its way may still come.
    func unsubscribe(_ channels: [String])

    /// Publishes, in the order given, all in one go.
    /// - Parameter done: called exactly once, on any thread: true when the broker took all of them; false when it cannot
    ///   be said, such as when the connection is down or breaks, or too much waits.
    func publish(_ messages: [BrokerMessage], done: @escaping @Sendable (Bool) -> Void)
}

extension Broker {
    /// Channels cost little, and may carry everything.
    public var traits: BrokerTraits { BrokerTraits() }
}

/// How a broker wants to be used.
public struct BrokerTraits: Sendable, Hashable {
    /// Each topic has a channel of its own, so that a node gets only what it has members for. Otherwise every event goes
    /// out once, on a channel that all nodes hear.
    public var hasChannelPerTopic: Bool
    /// What people wrote, and what is known of them, may travel. Otherwise the other nodes hear where it stands and read
    /// it from the store.
    public var carriesContent: Bool

    /// Makes traits.
    public init(hasChannelPerTopic: Bool = true, carriesContent: Bool = true) {
        self.hasChannelPerTopic = hasChannelPerTopic
        self.carriesContent = carriesContent
    }
}

/// Bytes for the subscribers of a channel.
public struct BrokerMessage: Sendable, Hashable {
    /// Where they go; the broker adds its prefix.
    public var channel: String
    /// What they are.
    public var body: ByteBuffer

    /// Makes a message.
    public init(channel: String, body: ByteBuffer) {
        self.channel = channel
        self.body = body
    }
}

/// What a broker tells its listener.
public enum BrokerEvent: Sendable {
    /// Both directions work, and all subscriptions asked for so far stand (each was confirmed before this).
    case connected
    /// One of the directions broke: until `connected` comes, anything may be lost.
    case lost(reason: String)
    /// These subscriptions stand: what is published from here on comes.
    case subscribed([String])
    /// Something came.
    case received(BrokerMessage)
}
