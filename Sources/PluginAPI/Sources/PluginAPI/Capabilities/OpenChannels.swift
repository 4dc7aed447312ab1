/// Channels of a message server by their own names, which programs outside this cluster use as well.
///
/// Nothing is kept: what is published while a connection is down is lost.
public protocol OpenChannels: Sendable {
    /// Publishes in the order given, under the names as they are. Never blocks.
    /// - Parameter done: called exactly once, on any thread; false when it cannot be said that the server took all.
    func publish(_ messages: [BrokerMessage], done: @escaping @Sendable (Bool) -> Void)

    /// Hears all channels that match one of the patterns, until the answer is closed or the provider stops.
    ///
    /// - Parameters:
    ///   - patterns: as Redis' `PSUBSCRIBE` reads them.
    ///   - listener: called for one event at a time, in order; must be quick and must not block.
    /// - Throws: ``OpenChannelsUnavailable`` when the server as it is set up carries no such channels.
    func listen(
        to patterns: [String], _ listener: @escaping @Sendable (OpenChannelEvent) -> Void
    ) throws -> any OpenChannelListening
}

/// Something that listens; it goes on until it is closed.
public protocol OpenChannelListening: Sendable {
    /// Ends it. What is on its way may still come.
    func close()
}

/// What is heard of channels.
public enum OpenChannelEvent: Sendable {
    /// What is published from here on comes. Told first, and after each loss.
    case listening
    /// Nothing comes until ``listening``.
    case lost(reason: String)
    /// Something came, on the channel of that name.
    case received(BrokerMessage)
}

/// The server carries no channels that others could share.
public struct OpenChannelsUnavailable: Error, CustomStringConvertible {
    /// Why not, in one sentence.
    public let description: String

    /// Makes an error of one sentence.
    public init(_ description: String) { self.description = description }
}

extension Capability where Value == any OpenChannels {
    /// Channels that are shared with programs outside the cluster.
    public static var openChannels: Self { Self("open-channels") }
}
