import NIOCore
import PluginAPI
import Testing
import WebSocketTesting

@testable import SocketIOPlugin

@Suite("Random Socket.IO input")
struct SocketIOFuzzTests {
    private static let seeds = [
        #"40/client,{"app_id":"a1","device_id":"d1","api_key":"k1"}"#,
        #"42/client,7["conversation:join",{"conversation_id":"conv_1"}]"#,
        #"43/client,7[{"success":true}]"#,
        #"452-/x,9["up",{"_placeholder":true,"num":1},{"_placeholder":true,"num":0}]"#,
        #"461-4[{"_placeholder":true,"num":0}]"#,
        "41/client,", "44/x,{\"message\":\"no\"}", "2", "3", "1", "0{}",
    ].map { Array($0.utf8) }

    @Test("Random and damaged packets never trap, and nothing follows a violation")
    func randomPacketsAreHarmless() async {
        var random = SplitMix(seed: 0xFACE)
        var packets = 0
        var violations = 0
        for round in 0..<50_000 {
            if round.isMultiple(of: 1_000) { await Task.yield() }
            var session = EngineIOSession(timings: EngineIOTimings(), openedAt: .uptimeNanoseconds(0))
            var reassembler = BinaryReassembler()
            var isOver = false
            for _ in 0..<3 {
                let bytes = input(&random)
                let isBinary = random.next().isMultiple(of: 4)
                let action =
                    isBinary
                    ? session.binaryReceived(ByteBuffer(bytes: bytes))
                    : session.textReceived(ByteBuffer(bytes: bytes), at: .uptimeNanoseconds(1))
                let step: BinaryReassembler.Step
                switch action {
                case .message(let text): step = reassembler.textReceived(text)
                case .attachment(let bytes): step = reassembler.binaryReceived(bytes)
                case .sendPong, .pong, .close, .nothing: continue
                }
                switch step {
                case .packet:
                    packets += 1
                    if isOver { Issue.record("a packet after a violation") }
                case .violation:
                    violations += 1
                    if isOver { Issue.record("a second violation") }
                    isOver = true
                case .nothing:
                    continue
                }
            }
        }
        // Both outcomes were really reached.
        #expect(packets > 5000)
        #expect(violations > 5000)
    }

    private func input(_ random: inout SplitMix) -> [UInt8] {
        let seed = Self.seeds.randomElement(using: &random) ?? []
        switch random.next() % 4 {
        case 0: return seed
        case 1: return [0x34] + random.bytes(Int(random.next() % 30))
        default: return random.mutated(seed)
        }
    }
}
