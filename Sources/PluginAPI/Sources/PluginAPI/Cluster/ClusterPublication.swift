/// An event on its way through a cluster.
public struct ClusterPublication: Sendable {
    /// What happened.
    public var event: DomainEvent
    /// Whose members hear of it.
    public var topics: [Topic]
    /// A connection of the publishing node that shall not get it.
    public var except: ConnectionID?
    /// For a new message: the number of the message before it in its conversation, 0 if there is none; nil: not known.
    public var previousSequence: Int64?

    /// Makes a publication.
    public init(
        event: DomainEvent,
        topics: [Topic],
        except: ConnectionID? = nil,
        previousSequence: Int64? = nil
    ) {
        self.event = event
        self.topics = topics
        self.except = except
        self.previousSequence = previousSequence
    }
}
