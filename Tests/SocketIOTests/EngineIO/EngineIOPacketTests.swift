import NIOCore
import PluginAPI
import Testing
import WebSocketTesting

@testable import SocketIOPlugin

@Suite("Engine.IO packets")
struct EngineIOPacketTests {
    @Test("Each kind has its digit and survives a round trip", arguments: EngineIOPacket.Kind.allCases)
    func roundTrip(kind: EngineIOPacket.Kind) throws {
        let packet = EngineIOPacket(kind, ByteBuffer(string: "päyload"))
        let text = try #require(packet.frame.textPayload)
        #expect(text.first?.wholeNumberValue == EngineIOPacket.Kind.allCases.firstIndex(of: kind))
        #expect(EngineIOPacket(parsing: ByteBuffer(string: text)) == packet)
    }

    @Test("Anything but a packet digit is no packet", arguments: ["", "7", "9", "b", "a4", "/", " 2", "é"])
    func refusesOthers(text: String) {
        #expect(EngineIOPacket(parsing: ByteBuffer(string: text)) == nil)
    }

    @Test("The open packet has its keys in order and times in milliseconds")
    func openPacket() {
        let frame = EngineIOOpen.frame(sid: "qW3aaaaaaaaaaaaaaaaa", timings: EngineIOTimings())
        #expect(
            frame.textPayload
                == #"0{"sid":"qW3aaaaaaaaaaaaaaaaa","upgrades":[],"#
                + #""pingInterval":25000,"pingTimeout":60000,"maxPayload":1000000}"#
        )
    }

    @Test("The shared frames are ping and close")
    func sharedFrames() {
        #expect(EngineIOPacket.pingFrame.bytes == [0x81, 0x01, 0x32])
        #expect(EngineIOPacket.closeFrame.bytes == [0x81, 0x01, 0x31])
    }

    @Test("No duration overflows a deadline")
    func extremeDurations() {
        #expect(Duration.milliseconds(-5).deadlineAmount == .zero)
        #expect(Duration.seconds(Int64.min).deadlineAmount == .zero)
        #expect(Duration.microseconds(1500).deadlineAmount == .milliseconds(1))
        #expect(Duration.seconds(Int64.max).deadlineAmount == .hours(365 * 24))
    }
}
