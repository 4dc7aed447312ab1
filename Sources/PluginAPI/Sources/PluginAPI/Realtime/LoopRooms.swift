import Synchronization

/// The rooms of one event loop, and what was published to them in this tick.
///
/// The frames that a room gets in one tick are joined once; every member then gets them in one write. Everything but
/// ``post(_:)`` and ``hasMembers(of:)`` is called on the loop.
public final class LoopRooms: @unchecked Sendable {  // State is touched on its event loop only; the mailbox has a lock.
    /// The loop whose connections these are.
    public let eventLoop: any EventLoop
    /// Deadlines of this loop's connections.
    public let timers: TimerWheel

    private struct Key: Hashable {
        var topic: Topic
        var wire: WireFormatID
    }

    private struct Mailbox {
        var publications: [Publication] = []
        var isScheduled = false
        /// Of the wires that have members; a handful, which are found sooner in a list than by a hash.
        var memberCounts: [(wire: WireFormatID, count: Int)] = []

        func memberCount(of wire: WireFormatID) -> Int {
            memberCounts.first { $0.wire == wire }?.count ?? 0
        }

        /// A wire without members leaves nothing: each start of its plugin makes a new one.
        mutating func change(_ wire: WireFormatID, by difference: Int) {
            if let index = memberCounts.firstIndex(where: { $0.wire == wire }) {
                memberCounts[index].count += difference
                if memberCounts[index].count == 0 { memberCounts.remove(at: index) }
            } else {
                memberCounts.append((wire, difference))
            }
        }
    }

    private let mailbox = Mutex(Mailbox())
    /// Whether publications wait in the mailbox: asked before each write, so without its lock.
    private let hasMail = Atomic(false)
    private var rooms: [Key: Room] = [:]
    private var dirtyRooms: [Room] = []
    private var dirtyConnections: [RealtimeConnection] = []
    private var flushIsScheduled = false
    private var isFlushing = false
    private var publicationCount: UInt64 = 0
    /// Hears which rooms exist; nil: there are no other nodes.
    private var bus: (any Bus)?

    init(eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
        timers = TimerWheel(eventLoop: eventLoop)
    }
}

// MARK: From any thread

extension LoopRooms {
    func hasMembers(of wire: WireFormatID) -> Bool {
        mailbox.withLock { $0.memberCount(of: wire) > 0 }
    }

    /// Hands in a publication; those of one tick travel together.
    func post(_ publication: Publication) {
        let mustSchedule = mailbox.withLock { mailbox in
            mailbox.publications.append(publication)
            hasMail.store(true, ordering: .releasing)
            defer { mailbox.isScheduled = true }
            return !mailbox.isScheduled
        }
        if mustSchedule { eventLoop.execute { self.deliverMailbox() } }
    }
}

// MARK: Other nodes

extension LoopRooms {
    /// Tells a bus of the rooms that exist and from then on of each that comes or goes; nil: nobody.
    /// - Parameter isDone: called when the rooms that exist have been told.
    func report(to bus: (any Bus)?, isDone: @escaping @Sendable () -> Void) {
        eventLoop.execute {
            self.bus = bus
            for key in self.rooms.keys { bus?.interest(in: key.topic, exists: true) }
            isDone()
        }
    }
}

// MARK: Membership

extension LoopRooms {
    /// Makes the connection listen to a topic as a member of a wire. Joining twice is joining once.
    public func join(_ connection: RealtimeConnection, topic: Topic, wire: WireFormatID) {
        eventLoop.assertInEventLoop()
        let key = Key(topic: topic, wire: wire)
        let room: Room
        if let existing = rooms[key] {
            room = existing
        } else {
            room = Room(topic: topic, wire: wire)
            rooms[key] = room
            bus?.interest(in: topic, exists: true)
        }
        guard connection.place(in: room) == nil else { return }
        room.add(connection)
        mailbox.withLock { $0.change(wire, by: 1) }
    }

    /// Makes the connection stop listening. What was published before it left still reaches it.
    public func leave(_ connection: RealtimeConnection, topic: Topic, wire: WireFormatID) {
        eventLoop.assertInEventLoop()
        deliverPublished()
        guard let room = rooms[Key(topic: topic, wire: wire)], connection.place(in: room) != nil else { return }
        remove(connection, from: room)
    }

    /// Makes the connection stop listening to anything.
    public func leaveAll(_ connection: RealtimeConnection) {
        eventLoop.assertInEventLoop()
        while let place = connection.places.last { remove(connection, from: place.room) }
    }

    private func remove(_ connection: RealtimeConnection, from room: Room) {
        room.remove(connection)
        mailbox.withLock { $0.change(room.wire, by: -1) }
        guard room.isEmpty else { return }
        rooms[Key(topic: room.topic, wire: room.wire)] = nil
        bus?.interest(in: room.topic, exists: false)
    }

    /// Whether the connection listens to one of the topics on a wire. On its loop.
    public func isMember(_ connection: RealtimeConnection, ofAny topics: Set<Topic>, wire: WireFormatID) -> Bool {
        connection.isInAny(of: topics, wire: wire)
    }

    /// How many connections of this loop listen to a topic on a wire.
    public func memberCount(of topic: Topic, wire: WireFormatID) -> Int {
        rooms[Key(topic: topic, wire: wire)]?.memberCount ?? 0
    }
}

// MARK: Delivery

extension LoopRooms {
    private func deliverMailbox() {
        mailbox.withLock { $0.isScheduled = false }
        deliverPublished()
        flush()
    }

    /// Delivers what was handed in so far, so that whatever a connection is sent next follows it. It leaves at the end of
    /// the tick, as everything does.
    func deliverPublished() {
        // While rooms are being walked their bytes must not change.
        guard !isFlushing, hasMail.load(ordering: .acquiring) else { return }
        let publications = mailbox.withLock { mailbox in
            hasMail.store(false, ordering: .relaxed)
            return exchange(&mailbox.publications, with: [])
        }
        for publication in publications { deliver(publication) }
    }

    private func deliver(_ publication: Publication) {
        for frame in publication.frames {
            // One connection may be a member of two wires, and gets each one's frame once.
            publicationCount &+= 1
            for topic in publication.topics {
                guard let room = rooms[Key(topic: topic, wire: frame.wire)] else { continue }
                if publication.isSelective {
                    room.sendOneByOne(frame.bytes, of: publication, number: publicationCount)
                } else if room.append(frame.bytes, number: publicationCount) {
                    dirtyRooms.append(room)
                }
            }
        }
    }

    /// Notes that a connection has bytes to be sent when this tick ends.
    func connectionBecameDirty(_ connection: RealtimeConnection) {
        dirtyConnections.append(connection)
        guard !flushIsScheduled else { return }
        flushIsScheduled = true
        eventLoop.execute { self.flush() }
    }

    private func flush() {
        flushIsScheduled = false
        isFlushing = true
        for room in exchange(&dirtyRooms, with: []) { room.flush() }
        isFlushing = false
        for connection in exchange(&dirtyConnections, with: []) { connection.flush() }
    }
}
