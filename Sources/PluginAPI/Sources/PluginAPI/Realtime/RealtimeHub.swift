import NIOConcurrencyHelpers
import Synchronization

/// The rooms of all realtime wires on this node: who publishes hands an event in, who listens gets finished bytes.
///
/// A publication is encoded once per wire that has members, and reaches each event loop that has members in one hop.
/// Publications made by one thread reach every connection in that order.
public final class RealtimeHub: Sendable {
    private struct Wire {
        var id: WireFormatID
        var format: any WireFormat
        var owner: String
    }

    private struct Subscriber {
        var owner: String
        /// It hears what happens elsewhere, not here.
        var isForOtherNodes: Bool
        var handler: @Sendable (DomainEvent) -> Void
    }

    /// Who hears what is published here, with its topics.
    private struct Relay {
        var owner: String
        var handler: @Sendable (ClusterPublication) -> Void
    }

    private struct State {
        var wires: [Wire] = []
        var subscribers: [Subscriber] = []
        var relays: [Relay] = []
        var bus: (any Bus)?
        /// One that is taken as soon as all loops have told it of their rooms.
        var arriving: Arrival?
        var arrivalCount = 0
        var nextWire = 0
    }

    private struct Arrival {
        var number: Int
        var bus: any Bus
        /// Loops that have not told it of their rooms yet.
        var missing: Int
    }

    private let state = Mutex(State())
    private let loops: [LoopRooms]
    private let loopsByEventLoop: [ObjectIdentifier: LoopRooms]

    /// - Parameter eventLoops: the loops that serve connections.
    public init(eventLoops: [any EventLoop]) {
        loops = eventLoops.map { LoopRooms(eventLoop: $0) }
        loopsByEventLoop = Dictionary(
            zip(eventLoops.map { ObjectIdentifier($0) }, loops), uniquingKeysWith: { first, _ in first })
    }

    /// The rooms on a loop; nil for a loop that the hub was not made with.
    public func rooms(on eventLoop: any EventLoop) -> LoopRooms? {
        loopsByEventLoop[ObjectIdentifier(eventLoop)]
    }

    /// Publishes an event: to subscribers of this node, to the members of the topics, and to the other nodes.
    ///
    /// A connection that listens to several of the topics gets the event once. Never blocks.
    /// - Parameters:
    ///   - except: a connection that shall not get it.
    ///   - previousSequence: for a new message, the number of the one before it in its conversation, as the store tells.
    public func publish(
        _ event: DomainEvent,
        to topics: [Topic],
        except: ConnectionID? = nil,
        previousSequence: Int64? = nil
    ) {
        let (subscribers, relays, bus) = state.withLock { ($0.subscribers, $0.relays, $0.bus) }
        for subscriber in subscribers where !subscriber.isForOtherNodes { subscriber.handler(event) }
        guard !topics.isEmpty || event.concernsEveryNode else { return }
        let publication = ClusterPublication(
            event: event, topics: topics, except: except, previousSequence: previousSequence)
        if !topics.isEmpty { for relay in relays { relay.handler(publication) } }
        guard let bus else { return deliver(event, to: topics, except: except) }
        bus.publish(publication)
    }

    /// Tells the bus, if there is one, what somebody was told of a conversation; see ``Bus/looked(at:of:lastSequence:)``.
    public func looked(at head: ConversationHead) {
        guard let bus = state.withLock({ $0.bus ?? $0.arriving?.bus }) else { return }
        bus.looked(at: head.conversation.id, of: head.conversation.app, lastSequence: head.lastSequence)
    }

    /// Prepares for an agent that is about to listen to an app; see ``Bus/look(at:)``. Without a bus there is nothing to
    /// prepare.
    public func look(at app: AppID) async {
        await state.withLock { $0.bus ?? $0.arriving?.bus }?.look(at: app)
    }

    /// Tells the bus, if there is one, that somebody who is no node stored a message; see
    /// ``Bus/storedElsewhere(in:of:)``.
    public func storedElsewhere(in conversation: ConversationID, of app: AppID?) {
        state.withLock { $0.bus }?.storedElsewhere(in: conversation, of: app)
    }

    /// Tells the bus, if there is one, that what others stored since then may have been missed.
    public func missedElsewhere(since: NIODeadline) {
        state.withLock { $0.bus }?.missedElsewhere(since: since)
    }

    /// Delivers an event to the members of the topics on this node only.
    public func deliver(_ event: DomainEvent, to topics: [Topic], except: ConnectionID? = nil) {
        let wires = state.withLock { $0.wires }
        var frames: [Publication.Frame] = []
        for wire in wires where loops.contains(where: { $0.hasMembers(of: wire.id) }) {
            if let bytes = wire.format.frame(for: event) {
                frames.append(Publication.Frame(wire: wire.id, bytes: bytes))
            }
        }
        guard !frames.isEmpty else { return }
        post(Publication(frames: frames, topics: topics, except: except, mayBeDropped: event.mayBeDropped))
    }

    /// Delivers a finished frame to the members of topics on one wire, on this node only, each once.
    ///
    /// - Parameters:
    ///   - exceptTopics: whoever is a member of one of them on that wire does not get it.
    ///   - mayBeDropped: a slow reader can do without it.
    public func deliver(
        _ frame: ByteBuffer, on wire: WireFormatID, to topics: [Topic], exceptTopics: Set<Topic> = [],
        mayBeDropped: Bool = false
    ) {
        post(
            Publication(
                frames: [Publication.Frame(wire: wire, bytes: frame)], topics: topics, exceptTopics: exceptTopics,
                mayBeDropped: mayBeDropped))
    }

    private func post(_ publication: Publication) {
        for loop in loops where publication.frames.contains(where: { loop.hasMembers(of: $0.wire) }) {
            loop.post(publication)
        }
    }
}

// MARK: Owned by plugins

extension RealtimeHub {
    /// Adds a wire; see ``PluginContext/wire(_:)``.
    func add(_ format: any WireFormat, owner: String) -> WireFormatID {
        state.withLock { state in
            let id = WireFormatID(index: state.nextWire)
            state.nextWire += 1
            state.wires.append(Wire(id: id, format: format, owner: owner))
            return id
        }
    }

    func subscribe(
        _ handler: @escaping @Sendable (DomainEvent) -> Void, owner: String, isForOtherNodes: Bool = false
    ) {
        state.withLock {
            $0.subscribers.append(Subscriber(owner: owner, isForOtherNodes: isForOtherNodes, handler: handler))
        }
    }

    func relay(_ handler: @escaping @Sendable (ClusterPublication) -> Void, owner: String) {
        state.withLock { $0.relays.append(Relay(owner: owner, handler: handler)) }
    }

    /// Something happened on another node that concerns every node.
    private func hearOfOtherNode(_ event: DomainEvent) {
        let subscribers = state.withLock { $0.subscribers }
        for subscriber in subscribers where subscriber.isForOtherNodes { subscriber.handler(event) }
    }

    /// For the host: takes back what a plugin added. Its connections have been closed before.
    public func removeAll(owner: String) {
        state.withLock { state in
            state.wires.removeAll { $0.owner == owner }
            state.subscribers.removeAll { $0.owner == owner }
            state.relays.removeAll { $0.owner == owner }
        }
    }

    /// For the host: the way to the other nodes, or nil when it goes.
    ///
    /// A new one is used once it knows all rooms that exist, since it hands back only what somebody here listens to.
    /// Until then events reach the members here alone.
    public func use(_ bus: (any Bus)?) {
        bus?.receive { [weak self] publication in
            if publication.topics.isEmpty {
                self?.hearOfOtherNode(publication.event)
            } else {
                self?.deliver(publication.event, to: publication.topics, except: publication.except)
            }
        }
        let number = state.withLock { [loopCount = loops.count] state in
            state.arrivalCount += 1
            state.bus = loopCount == 0 ? bus : nil
            state.arriving = bus.map { Arrival(number: state.arrivalCount, bus: $0, missing: loopCount) }
            return state.arrivalCount
        }
        if loops.isEmpty { bus?.begin() }
        for loop in loops { loop.report(to: bus) { [weak self] in self?.reported(number) } }
    }

    /// A loop has told a bus of its rooms.
    private func reported(_ number: Int) {
        let complete: (any Bus)? = state.withLock { state in
            // Another one may have come, or none, before all had.
            guard var arrival = state.arriving, arrival.number == number else { return nil }
            arrival.missing -= 1
            state.arriving = arrival.missing > 0 ? arrival : nil
            guard arrival.missing == 0 else { return nil }
            state.bus = arrival.bus
            return arrival.bus
        }
        complete?.begin()
    }
}

/// An event on its way to the loops.
struct Publication: Sendable {
    struct Frame: Sendable {
        var wire: WireFormatID
        var bytes: ByteBuffer
    }

    var frames: [Frame]
    var topics: [Topic]
    var except: ConnectionID?
    /// Whoever is a member of one of them on the frame's wire does not get it.
    var exceptTopics: Set<Topic> = []
    var mayBeDropped: Bool

    /// Not everybody in its rooms gets it.
    var isSelective: Bool { mayBeDropped || except != nil || !exceptTopics.isEmpty }
}

extension DomainEvent {
    /// Whether a slow reader can do without it.
    var mayBeDropped: Bool {
        if case .typing = self { true } else { false }
    }

    /// Whether subscribers on other nodes hear of it though it has no topic: a device's sockets may be anywhere.
    var concernsEveryNode: Bool {
        if case .conversationOpened = self { true } else { false }
    }
}
