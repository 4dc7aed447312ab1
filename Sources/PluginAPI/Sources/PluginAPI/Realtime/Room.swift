/// The connections of one loop that listen to one topic on one wire. Loop-bound.
///
/// A connection that is in this room alone (every app's user is) takes the joined bytes of the tick as they are. One
/// that is in several rooms (agents are) gets each frame into its own queue, once, whatever rooms it came through.
final class Room {
    let topic: Topic
    let wire: WireFormatID
    private var members = ContiguousArray<RealtimeConnection>()
    /// Members that are in other rooms too.
    private var sharedCount = 0
    /// This tick's frames.
    private(set) var joined = ByteBuffer()
    /// The last publication that came here, against a topic that is named twice.
    private var lastPublication: UInt64 = 0
    /// Grows with each flush, so that a member's ``RealtimeConnection/taken`` is void afterwards.
    private(set) var tick: UInt64 = 1

    init(topic: Topic, wire: WireFormatID) {
        self.topic = topic
        self.wire = wire
    }

    var isEmpty: Bool { members.isEmpty }
    var memberCount: Int { members.count }

    func add(_ connection: RealtimeConnection) {
        // Leaving solitude: its one other room stops serving it from the joined bytes.
        if connection.places.count == 1 {
            connection.takeJoined()
            connection.places[0].room.sharedCount += 1
        }
        connection.places.append(RealtimeConnection.Place(room: self, index: members.count))
        members.append(connection)
        if connection.places.count > 1 {
            sharedCount += 1
        } else {
            connection.skipJoined(of: self)
        }
    }

    func remove(_ connection: RealtimeConnection) {
        guard let index = connection.place(in: self) else { return }
        connection.takeJoined()
        if connection.places.count > 1 { sharedCount -= 1 }
        if let place = connection.places.firstIndex(where: { $0.room === self }) { connection.places.remove(at: place) }
        // The last member fills the gap.
        let last = members.removeLast()
        if last !== connection {
            members[index] = last
            last.move(in: self, to: index)
        }
        // Back in solitude: the room that is left serves it again.
        if connection.places.count == 1 {
            let room = connection.places[0].room
            room.sharedCount -= 1
            connection.skipJoined(of: room)
        }
    }

    /// Joins a frame to this tick's bytes. True: the room was clean and must be flushed.
    func append(_ frame: ByteBuffer, number: UInt64) -> Bool {
        guard lastPublication != number else { return false }
        lastPublication = number
        if sharedCount > 0 {
            for member in members where member.places.count > 1 { member.send(frame, publication: number) }
            if sharedCount == members.count { return false }
        }
        let wasClean = joined.readableBytes == 0
        if wasClean {
            joined = frame
        } else {
            joined.writeImmutableBuffer(frame)
        }
        return wasClean
    }

    /// Sends a frame that not everybody gets.
    func sendOneByOne(_ frame: ByteBuffer, of publication: Publication, number: UInt64) {
        for member in members where member.id != publication.except {
            if publication.mayBeDropped && member.isSlow { continue }
            if !publication.exceptTopics.isEmpty, member.isInAny(of: publication.exceptTopics, wire: wire) { continue }
            member.send(frame, publication: number)
        }
    }

    func flush() {
        let bytes = exchange(&joined, with: ByteBuffer())
        // A copy: a write may close its connection, which then leaves the room.
        let members = members
        for member in members where member.places.count == 1 && member.places[0].room === self {
            member.flush(joined: bytes, of: self)
        }
        tick &+= 1
    }
}
