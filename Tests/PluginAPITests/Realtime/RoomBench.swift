import NIOEmbedded
import Testing

@testable import PluginAPI

/// One loop that is turned by hand, with a hub and connections whose bytes are read back.
final class RoomBench {
    final class Member {
        let channel: EmbeddedChannel
        let connection: RealtimeConnection
        fileprivate(set) var failures: [RealtimeConnection.Failure] = []

        fileprivate init(_ id: String, _ bench: RoomBench, limit: Int) throws {
            channel = EmbeddedChannel(loop: bench.loop)
            weak var member: Member?
            connection = RealtimeConnection(
                id: ConnectionID(rawValue: id), rooms: bench.rooms, outboundLimit: limit, isEncrypted: false
            ) { failure in
                member?.failures.append(failure)
                return nil
            }
            try channel.pipeline.syncOperations.addHandler(connection)
            try channel.connect(to: SocketAddress(ipAddress: "192.0.2.1", port: 1)).wait()
            member = self
        }

        func send(_ text: String) { connection.send(ByteBuffer(string: text)) }

        /// The writes since the last call, one string for each.
        func writes() throws -> [String] {
            var writes: [String] = []
            while let bytes = try channel.readOutbound(as: ByteBuffer.self) { writes.append(String(buffer: bytes)) }
            return writes
        }
    }

    let loop = EmbeddedEventLoop()
    let hub: RealtimeHub
    let rooms: LoopRooms
    let wire: WireFormatID

    init() throws {
        hub = RealtimeHub(eventLoops: [loop])
        rooms = try #require(hub.rooms(on: loop))
        wire = hub.add(PlainFormat(), owner: "Test")
    }

    func member(_ id: String = "c", in topics: String..., limit: Int = 1_000_000) throws -> Member {
        let member = try Member(id, self, limit: limit)
        for topic in topics { join(member, topic) }
        return member
    }

    func join(_ member: Member, _ topic: String) {
        rooms.join(member.connection, topic: Topic(topic), wire: wire)
    }

    func leave(_ member: Member, _ topic: String) {
        rooms.leave(member.connection, topic: Topic(topic), wire: wire)
    }

    func publish(_ text: String, to topics: String..., except: String? = nil) {
        hub.publish(.text(text), to: topics.map { Topic($0) }, except: except.map { ConnectionID(rawValue: $0) })
    }

    func type(_ text: String, to topics: String..., except: String? = nil) {
        hub.publish(.typing(text), to: topics.map { Topic($0) }, except: except.map { ConnectionID(rawValue: $0) })
    }

    /// Lets the loop do everything that waits.
    func tick() { loop.run() }
}
