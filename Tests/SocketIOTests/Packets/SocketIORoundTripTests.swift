import NIOCore
import PluginAPI
import Testing
import WebSocketTesting

@testable import SocketIOPlugin

@Suite("Socket.IO packets there and back")
struct SocketIORoundTripTests {
    /// What a peer of the same protocol understands from server frames.
    private func read(_ frames: ByteBuffer) throws -> [SocketIOInbound] {
        var frames = frames
        var session = EngineIOSession(timings: EngineIOTimings(), openedAt: .uptimeNanoseconds(0))
        var reassembler = BinaryReassembler()
        var packets: [SocketIOInbound] = []
        while frames.readableBytes > 0 {
            let next = frames.readServerFrame()
            let frame = try #require(next)
            let action =
                frame.opcode == 0x1
                ? session.textReceived(frame.payload, at: .uptimeNanoseconds(1))
                : session.binaryReceived(frame.payload)
            let step: BinaryReassembler.Step
            switch action {
            case .message(let text): step = reassembler.textReceived(text)
            case .attachment(let bytes): step = reassembler.binaryReceived(bytes)
            case .sendPong, .pong, .close, .nothing:
                Issue.record("unexpected \(action)")
                return packets
            }
            switch step {
            case .packet(let packet): packets.append(packet)
            case .nothing: continue
            case .violation(let violation): throw violation
            }
        }
        return packets
    }

    @Test("Random events and acknowledgements, with and without binary data, survive")
    func randomPackets() throws {
        var random = SplitMix(seed: 77)
        var binary = 0
        for round in 0..<2000 {
            var budget = 10
            let arguments = (0..<Int(random.next() % 4)).map { _ in value(&random, depth: 3, budget: &budget) }
            if arguments.contains(where: { !$0.isPlain }) { binary += 1 }
            let namespace = ["/", "/client", "/admin"].randomElement(using: &random) ?? "/"
            let id = round.isMultiple(of: 2) ? random.next() >> (random.next() % 64) : nil
            let name = "é\"\(round)"
            let event = SocketIOPacketEncoder.event(namespace: namespace, name: name, arguments: arguments, ackID: id)
            #expect(
                try read(event) == [.event(namespace: namespace, name: name, arguments: arguments, ackID: id)]
            )
            #expect(
                try read(SocketIOPacketEncoder.ack(namespace: namespace, id: id ?? 1, arguments: arguments))
                    == [.ack(namespace: namespace, id: id ?? 1, arguments: arguments)]
            )
        }
        #expect(binary > 100)
    }

    @Test("The other packets survive")
    func otherPackets() throws {
        let frames = [
            SocketIOPacketEncoder.connect(namespace: "/client", sid: "s"),
            SocketIOPacketEncoder.connectError(namespace: "/x", message: "no"),
            SocketIOPacketEncoder.disconnect(namespace: "/client"),
        ]
        #expect(
            try frames.flatMap(read) == [
                .connect(namespace: "/client", auth: ["sid": "s"]),
                .connectError(namespace: "/x", payload: ["message": "no"]),
                .disconnect(namespace: "/client"),
            ]
        )
    }

    /// A random value in the form decoding gives: JSON wherever there is no binary data below.
    private func value(_ random: inout SplitMix, depth: Int, budget: inout Int) -> SocketIOValue {
        switch random.next() % (depth > 0 ? 6 : 4) {
        case 0: return .json(.int(Int64(bitPattern: random.next())))
        case 1: return .json(["a": [.null, true, "ü/\u{1F600}\n"]])
        case 2: return .json(.string("conv_1"))
        case 3:
            // Placed at most five times per packet, well within the limit of a reader.
            guard budget > 5 else { return .json(.null) }
            budget -= 1
            return .binary(ByteBuffer(bytes: random.bytes(Int(random.next() % 200))))
        case 4:
            let values = (0..<3).map { _ in value(&random, depth: depth - 1, budget: &budget) }
            let plain = values.compactMap(\.json)
            return plain.count == values.count ? .json(.array(plain)) : .array(values)
        default:
            let fields = (0..<3).map {
                SocketIOField(name: "k\($0)", value: value(&random, depth: depth - 1, budget: &budget))
            }
            let plain = fields.compactMap { field in field.value.json.map { (field.name, $0) } }
            return plain.count == fields.count ? .json(.object(JSONObject(plain))) : .object(fields)
        }
    }
}
