public import NIOCore

/// The way out of one socket: all its bytes leave through here.
///
/// Added to the channel's pipeline before the wire's own handler. While nothing is queued and no handler below changes
/// bytes, a write is one `send` on the descriptor; otherwise bytes go through the channel's queue, in order. Bytes of one
/// tick leave together. Loop-bound.
public final class RealtimeConnection: ChannelDuplexHandler {
    public typealias InboundIn = ByteBuffer
    public typealias InboundOut = ByteBuffer
    public typealias OutboundIn = ByteBuffer
    public typealias OutboundOut = ByteBuffer

    /// Why a connection is given up by itself.
    public enum Failure: Sendable {
        /// The peer reads too slowly: more than the bound was waiting for it.
        case outboundLimit
        /// The peer is gone.
        case brokenPipe
    }

    enum Descriptor {
        /// The first write takes the channel's queue, where the answer to the upgrade waits.
        case unwritten
        case unasked
        case known(CInt)
        /// Bytes change on their way, the channel has none, or it may be closed at any time.
        case none
    }

    struct Place {
        let room: Room
        var index: Int
    }

    public let id: ConnectionID
    let rooms: LoopRooms
    /// The most bytes that may wait for the peer.
    let outboundLimit: Int
    let isEncrypted: Bool
    /// Told once when the connection is given up; what it answers is the last that a peer reads which still reads.
    let failed: (Failure) -> ByteBuffer?

    var places = ShortList<Place>.empty
    /// How much of its only room's joined bytes this connection has taken, in that room's tick.
    private var taken = 0
    private var takenTick: UInt64 = 0
    /// The last publication that was queued here, against doubles through two rooms.
    private var lastPublication: UInt64 = 0
    var pending = ByteBuffer()
    private var isDirty = false
    var queuedByteCount = 0
    /// Writes that the channel has not finished; while there are any, nothing may overtake them.
    var queuedWriteCount = 0
    /// The socket's, for direct sends.
    var descriptor = Descriptor.unwritten
    var context: ChannelHandlerContext?
    /// Given up or being closed: nothing more is sent, so that the peer never sees bytes behind a gap.
    var isShut = false
    /// Why it was given up, once it was.
    public internal(set) var failure: Failure?

    /// Makes a connection that is in no room; it works once it is in a channel's pipeline.
    ///
    /// - Parameters:
    ///   - outboundLimit: bytes; beyond it the connection is closed, above half of it typing is dropped.
    ///   - isEncrypted: see ``WebSocketEndpoint/Upgrade/isEncrypted``; then all bytes take the channel's queue.
    ///   - failed: called on the loop, at most once. After ``Failure/outboundLimit`` the bytes it answers go out behind
    ///     what waits already, and the connection is closed 10 s later; without bytes at once.
    public init(
        id: ConnectionID,
        rooms: LoopRooms,
        outboundLimit: Int,
        isEncrypted: Bool,
        failed: @escaping (Failure) -> ByteBuffer? = { _ in nil }
    ) {
        self.id = id
        self.rooms = rooms
        self.outboundLimit = outboundLimit
        self.isEncrypted = isEncrypted
        self.failed = failed
    }

    /// Bytes that wait for the peer.
    public var backlog: Int { queuedByteCount + pending.readableBytes }

    /// So much is waiting that what can be dropped is.
    public var isSlow: Bool { backlog > outboundLimit / 2 }
}

// MARK: Sending

extension RealtimeConnection {
    /// Sends bytes, in order with everything published to this connection before. They leave at ``flush()`` or when
    /// the loop's tick ends.
    public func send(_ frame: ByteBuffer) {
        guard context != nil, !isShut else { return }
        rooms.deliverPublished()
        append(frame)
    }

    private func append(_ frame: ByteBuffer) {
        guard context != nil, !isShut else { return }
        takeJoined()
        if pending.readableBytes == 0 {
            pending = frame
        } else {
            pending.writeImmutableBuffer(frame)
        }
        guard !isDirty else { return }
        isDirty = true
        rooms.connectionBecameDirty(self)
    }

    func send(_ frame: ByteBuffer, publication: UInt64) {
        guard lastPublication != publication else { return }
        lastPublication = publication
        append(frame)
    }

    /// Sends now what ``send(_:)`` has gathered.
    public func flush() {
        isDirty = false
        guard pending.readableBytes > 0 else { return }
        transmit(exchange(&pending, with: ByteBuffer()))
    }

    /// The end of a tick of the only room this connection is in.
    func flush(joined: ByteBuffer, of room: Room) {
        let skip = takenTick == room.tick ? taken : 0
        if pending.readableBytes == 0 {
            guard joined.readableBytes > skip else { return }
            transmit(skip == 0 ? joined : joined.rest(after: skip))
        } else {
            if joined.readableBytes > skip { pending.writeImmutableBuffer(joined.rest(after: skip)) }
            flush()
        }
    }

    /// Moves what the only room has joined so far into the own queue, so that later bytes follow it.
    func takeJoined() {
        guard places.count == 1 else { return }
        let room = places[0].room
        let skip = takenTick == room.tick ? taken : 0
        guard room.joined.readableBytes > skip else { return }
        let rest = room.joined.rest(after: skip)
        skipJoined(of: room)
        if pending.readableBytes == 0 {
            pending = rest
        } else {
            pending.writeImmutableBuffer(rest)
        }
        if !isDirty {
            isDirty = true
            rooms.connectionBecameDirty(self)
        }
    }

    /// What the room has joined so far is not for this connection.
    func skipJoined(of room: Room) {
        taken = room.joined.readableBytes
        takenTick = room.tick
    }
}

// MARK: Places in rooms

extension RealtimeConnection {
    func place(in room: Room) -> Int? {
        for place in places where place.room === room { return place.index }
        return nil
    }

    func isInAny(of topics: Set<Topic>, wire: WireFormatID) -> Bool {
        places.contains { $0.room.wire == wire && topics.contains($0.room.topic) }
    }

    func move(in room: Room, to index: Int) {
        for position in places.indices where places[position].room === room { places[position].index = index }
    }
}

extension ByteBuffer {
    func rest(after count: Int) -> ByteBuffer {
        var rest = self
        rest.moveReaderIndex(forwardBy: count)
        return rest
    }
}
