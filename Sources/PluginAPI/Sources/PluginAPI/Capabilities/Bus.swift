/// The way to the other nodes of a cluster.
///
/// The ``RealtimeHub`` hands every publication to the bus, if there is one, and delivers what the bus hands back.
public protocol Bus: Sendable {
    /// Hands in what this node publishes: for the other nodes that have members of a topic, and back to the receiver for
    /// the members here. Messages of one conversation keep the order of their numbers on every node, each comes once.
    /// Never blocks; what cannot be sent is repaired by sequence from the store.
    ///
    /// One without topics goes to every other node and not back; it is not repaired.
    func publish(_ publication: ClusterPublication)

    /// Sets who receives what the members on this node shall get.
    func receive(_ receiver: @escaping @Sendable (ClusterPublication) -> Void)

    /// From now on everything that this node publishes is handed in. What it published before was not: the other nodes are
    /// to compare.
    func begin()

    /// One more room of this node (a loop's members of a topic on a wire) exists, or one less.
    func interest(in topic: Topic, exists: Bool)

    /// Somebody on this node was told how far a conversation has come and may join it: what follows must not be missed.
    /// - Parameter lastSequence: the newest message's number, 0 if there is none; nil: not known.
    func looked(at conversation: ConversationID, of app: AppID, lastSequence: Int64?)

    /// An agent on this node is about to listen to an app. Returns when the store has said how far the app has come: an agent
    /// that listens afterwards gets all that is stored from the call on. If the store is slow or fails it returns too; the
    /// agent then gets what is stored after its subscription stands.
    func look(at app: AppID) async

    /// Somebody who is no node stored a message in a conversation: members here get what they lack from the store.
    /// - Parameter app: the conversation's app; nil: not known.
    func storedElsewhere(in conversation: ConversationID, of app: AppID?)

    /// What others than the nodes stored since then may have been missed: everything is compared with the store.
    func missedElsewhere(since: NIODeadline)
}

extension Bus {
    /// Does nothing.
    public func begin() {}

    /// Does nothing.
    public func looked(at conversation: ConversationID, of app: AppID, lastSequence: Int64?) {}
    /// Does nothing.
    public func look(at app: AppID) async {}
    /// Does nothing.
    public func storedElsewhere(in conversation: ConversationID, of app: AppID?) {}
    /// Does nothing.
    public func missedElsewhere(since: NIODeadline) {}
}
