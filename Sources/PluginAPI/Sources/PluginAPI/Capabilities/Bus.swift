/// The way to the other nodes of a cluster.
///
/// The ``RealtimeHub`` hands every publication to the bus, if there is one, and delivers what the bus hands back.
public protocol Bus: Sendable {
    /// Hands an event on to the other nodes that have members of a topic. Events of one conversation keep their order.
    /// Never blocks; what cannot be sent is repaired by sequence from the store.
    func publish(_ event: DomainEvent, to topics: [Topic])

    /// Sets who receives what other nodes publish; never this node's own publications.
    func receive(_ receiver: @escaping @Sendable (DomainEvent, [Topic]) -> Void)

    /// This node now has members of a topic, or no longer has.
    func interest(in topic: Topic, exists: Bool)
}
