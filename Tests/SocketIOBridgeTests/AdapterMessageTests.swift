import PluginAPI
import Testing
import WebSocketTesting

@testable import SocketIOBridgePlugin

@Suite("Messages of the adapter")
struct AdapterMessageTests {
    private func read(
        _ value: JSONValue, namespace: String = "/client"
    ) throws(AdapterMessage.Refusal) -> AdapterMessage {
        var bytes = ByteBuffer()
        bytes.writeMessagePack(value)
        return try AdapterMessage(bytes, namespace: namespace, longest: 1_000_000)
    }

    private static let message: JSONObject = [
        "id": "msg_0a", "local_id": "l-1", "conversation_id": "conv_1", "body": "Grüße 👋", "sender": "agent",
        "created_at": "2026-01-29T10:00:00.000Z", "status": "SENT",
    ]

    private static let broadcast = SocketIOBroadcast(
        namespace: "/admin", event: "message:new", arguments: [.object(message)],
        rooms: ["app:a1", "conversation:conv_1"], except: ["Vx0c"], mayBeDropped: true)

    @Test("a server's broadcast is read as recorded, and written byte for byte the same")
    func server() throws {
        let bytes = try ByteBuffer(hex: Recorded.server)
        let read = try AdapterMessage(bytes, namespace: "/admin", longest: bytes.readableBytes)
        #expect(read == AdapterMessage(publisher: "Hk3xQz", broadcast: Self.broadcast))
        #expect(read.encoded.hex == Recorded.server)
    }

    @Test("an emitter's is for everybody; fields that are null are left out, in lists they stay")
    func emitter() throws {
        let read = try AdapterMessage(ByteBuffer(hex: Recorded.emitter), namespace: "/client", longest: 1_000)
        #expect(
            read.broadcast
                == SocketIOBroadcast(
                    namespace: "/client", event: "notice", arguments: [["n": 1, "list": [.null, ["y": 2.5]]], "more"]))
        let bare = try AdapterMessage(ByteBuffer(hex: Recorded.bare), namespace: "/client", longest: 1_000)
        #expect(bare.broadcast == SocketIOBroadcast(namespace: "/client", event: "notice", arguments: [["a": 1]]))
    }

    @Test("what emitters of other languages leave out or write otherwise is understood")
    func variants() throws {
        let packet: JSONValue = ["type": 2, "data": ["x"], "nsp": "/client"]
        #expect(try read(["u", packet]).broadcast.rooms.isEmpty)
        #expect(try read(["u", packet, ["rooms": "", "flags": ""]]).broadcast.rooms.isEmpty)
        #expect(try read(["u", packet, ["rooms": [1, "b"], "except": [2]]]).broadcast.rooms == ["1", "b"])
        #expect(try read([7, packet, [:]]).publisher == "7")
        #expect(try read(["u", packet, ["flags": ["local": true]]]).isLocal)
        #expect(try read(["u", ["type": 2, "data": ["x"]], [:]], namespace: "/").broadcast.namespace == "/")
    }

    @Test(
        "what is no event of the namespace is refused",
        arguments: [
            JSONValue.null, 1, [], ["u"], [["u"], ["type": 2]], ["u", .null, [:]],
            ["u", ["type": 5, "data": ["x"], "nsp": "/client"], [:]],
            ["u", ["type": 0, "nsp": "/client"], [:]], ["u", ["type": "2", "data": ["x"], "nsp": "/client"]],
            ["u", ["type": 2, "data": [], "nsp": "/client"]], ["u", ["type": 2, "data": [1], "nsp": "/client"]],
            ["u", ["type": 2, "data": ["x"], "nsp": "/admin"]], ["u", ["type": 2, "data": ["x"]]],
            ["u", ["type": 2, "data": ["x"], "nsp": "/client"], ["rooms": "a"]],
            // Read as no room, it would go to everybody.
            ["u", ["type": 2, "data": ["x"], "nsp": "/client"], ["rooms": [["a"]]]],
            ["u", ["type": 2, "data": ["x"], "nsp": "/client"], ["except": ["a": 1]]],
        ])
    func refused(_ value: JSONValue) {
        let refusal = #expect(throws: AdapterMessage.Refusal.self) { try read(value) }
        if case .shape? = refusal { return }
        Issue.record("\(String(describing: refusal))")
    }

    @Test("more than may be is not even read")
    func longest() throws {
        let bytes = try ByteBuffer(hex: Recorded.server)
        #expect(throws: AdapterMessage.Refusal.tooLong(bytes.readableBytes)) {
            try AdapterMessage(bytes, namespace: "/admin", longest: bytes.readableBytes - 1)
        }
    }

    @Test("cut or changed anywhere, it is refused or read, and what is read can be written", arguments: 0..<20)
    func fuzz(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        let originals = try [Recorded.server, Recorded.emitter, Recorded.bare].map { try ByteBuffer(hex: $0) }
        var readCount = 0
        for original in originals {
            for length in 0..<original.readableBytes {
                let part = try #require(original.getSlice(at: original.readerIndex, length: length))
                #expect(throws: AdapterMessage.Refusal.unreadable(.truncated)) {
                    try AdapterMessage(part, namespace: "/admin", longest: 1_000)
                }
            }
            for _ in 0..<500 {
                let bytes = ByteBuffer(bytes: random.mutated(Array(original.readableBytesView)))
                for namespace in ["/client", "/admin"] {
                    guard let message = try? AdapterMessage(bytes, namespace: namespace, longest: 1_000) else {
                        continue
                    }
                    readCount += 1
                    let again = try AdapterMessage(message.encoded, namespace: namespace, longest: 10_000)
                    #expect(again.publisher == message.publisher && again.broadcast == message.broadcast)
                }
            }
        }
        #expect(readCount > 0)
    }

    @Test("a broadcast for one room has that room's channel, others the namespace's")
    func channels() {
        let channel = AdapterChannel(prefix: "socket.io", namespace: "/client")
        #expect(channel.pattern == "socket.io#/client#*")
        #expect(channel.name(for: ["conversation:c1"]) == "socket.io#/client#conversation:c1#")
        #expect(channel.name(for: []) == "socket.io#/client#" && channel.name(for: ["a", "b"]) == "socket.io#/client#")
        #expect(channel.carries("socket.io#/client#") && channel.carries("socket.io#/client#x#"))
        #expect(!channel.carries("socket.io#/clients#") && !channel.carries("socket.io-request#/client#"))
    }

    @Test("one for several rooms that comes on the channel of each counts once")
    func repeats() {
        let channel = AdapterChannel(prefix: "p", namespace: "/client")
        let broadcast = SocketIOBroadcast(namespace: "/client", event: "x", arguments: [], rooms: ["a", "b", "c"])
        let heard = ["p#/client#a#", "p#/client#b#", "p#/client#c", "p#/client#", "p#/client#other#"].filter {
            !channel.isRepeat(of: broadcast, on: $0)
        }
        #expect(heard == ["p#/client#a#", "p#/client#", "p#/client#other#"])
    }
}
