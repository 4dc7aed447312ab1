import NIOCore
import PluginAPI
import Testing
import WebSocketTesting

@Suite("Random websocket input")
struct WebSocketFuzzTests {
    @Test("Random and damaged streams never trap, never exceed the limit, and read the same in any pieces")
    func randomStreamsAreHarmless() async {
        var random = SplitMix(seed: 0x5EED)
        var messages = 0
        var failures = 0
        for round in 0..<60_000 {
            if round.isMultiple(of: 1_000) { await Task.yield() }
            let stream = round.isMultiple(of: 3) ? random.bytes(Int(random.next() % 40)) : damagedStream(&random)
            let whole = WebSocketFrameParser.events(of: stream, maxPayload: 64)
            let split = Int.random(in: 0...stream.count, using: &random)
            if WebSocketFrameParser.events(of: [stream[..<split], stream[split...]], maxPayload: 64) != whole {
                Issue.record("split at \(split) of \(stream)")
            }
            if whole.count > stream.count { Issue.record("more events than bytes: \(stream)") }
            for event in whole {
                switch event {
                case .text(let payload):
                    messages += 1
                    if payload.readableBytes > 64 || String(validating: payload.bytes, as: UTF8.self) == nil {
                        Issue.record("bad text from \(stream)")
                    }
                case .binary(let payload), .ping(let payload), .pong(let payload):
                    messages += 1
                    if payload.readableBytes > 125 { Issue.record("too long: \(stream)") }
                case .close:
                    messages += 1
                case .failure:
                    failures += 1
                case .needMoreData:
                    Issue.record("not an event")
                }
            }
        }
        // Both sides of the parser were really reached.
        #expect(messages > 10_000)
        #expect(failures > 10_000)
    }

    private func damagedStream(_ random: inout SplitMix) -> [UInt8] {
        var stream: [UInt8] = []
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let opcode = ([0x1, 0x2, 0x0, 0x8, 0x9, 0xA] as [UInt8]).randomElement(using: &random) ?? 0x1
            var frame = ClientFrame(opcode, Array("Grüße an alle".utf8.prefix(Int(random.next() % 16))))
            frame.isFinal = opcode > 7 || Bool.random(using: &random)
            frame.mask = random.bytes(4)
            stream += frame.bytes
        }
        return Bool.random(using: &random) ? random.mutated(stream) : stream
    }
}
