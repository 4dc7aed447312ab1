import PluginAPI
import Testing

@testable import PostgresPlugin

@Suite("PostgreSQL bus: payloads")
struct NotificationTextTests {
    private func message(_ count: Int, channel: String = "events") -> BrokerMessage {
        BrokerMessage(channel: channel, body: ByteBuffer(bytes: (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }))
    }

    private func read(_ payloads: [String], from sender: Int32 = 1, _ reader: inout NotificationReader)
        -> [BrokerMessage]
    {
        payloads.compactMap { reader.take($0, from: sender) }
    }

    @Test("a message of any length comes back as it was, in payloads below the limit and all different")
    func lengths() throws {
        let piece = NotificationText.pieceLength / 4 * 3
        var lengths = [0, 1, 2, 3, 255, 300_000]
        for bound in [piece, 2 * piece, 3 * piece] { lengths += (bound - 12)...(bound + 4) }
        for length in lengths {
            let message = message(length)
            let payloads = try #require(NotificationText.payloads(of: message, number: .max))
            #expect(payloads.allSatisfy { $0.utf8.count < 8_000 } && Set(payloads).count == payloads.count)
            var reader = NotificationReader()
            #expect(read(payloads, &reader) == [message], "\(length)")
        }
    }

    @Test("one that is longer than any envelope is refused")
    func tooLong() {
        #expect(NotificationText.payloads(of: message(2_100_000), number: 1) != nil)
        #expect(NotificationText.payloads(of: message(2_500_000), number: 1) == nil)
        #expect(
            NotificationText.payloads(of: message(1, channel: String(repeating: "x", count: 70_000)), number: 1) == nil)
    }

    @Test("a message that lacks a piece is nothing, whichever it is, and the next one is whole")
    func missing() throws {
        let whole = try #require(NotificationText.payloads(of: message(30_000), number: 1))
        let next = try #require(NotificationText.payloads(of: message(20_000), number: 2))
        for gap in whole.indices {
            var reader = NotificationReader()
            var payloads = whole
            payloads.remove(at: gap)
            #expect(read(payloads + next, &reader) == [message(20_000)])
        }
    }

    @Test("pieces of two senders are never joined")
    func senders() throws {
        let payloads = try #require(NotificationText.payloads(of: message(15_000), number: 1))
        var reader = NotificationReader()
        #expect(reader.take(payloads[0], from: 1) == nil)
        #expect(reader.take(payloads[1], from: 2) == nil)
        #expect(read(Array(payloads[2...]), from: 1, &reader).isEmpty)
    }

    @Test("whatever else is notified on the channel is passed over")
    func foreign() {
        var reader = NotificationReader()
        let texts = [
            "", " ", "R1", "R1 1 0 1", "R1 1 0 1 ", "R1 1 0 1 !", "R1 1 0 1 A", "R1 1 1 1 AAAA", "R1 1 -1 2 AAAA",
            "R1 1 0 0 AAAA", "R1 1 0 99999999999999999999 AAAA", "R1 1 0 401 AAAA", "R2 1 0 1 AAAA", "R1 1 0 1 __8",
            "R1 1 0 1 AAUAAA", "proof x",
        ]
        for text in texts { #expect(reader.take(text, from: 1) == nil, "\(text)") }
        var dice = SystemRandomNumberGenerator()
        let whole = NotificationText.payloads(of: message(9_000), number: 5) ?? []
        for _ in 0..<2_000 {
            var bytes = Array((whole.randomElement() ?? "").utf8)
            for _ in 0..<3 { bytes[Int.random(in: 0..<min(40, bytes.count), using: &dice)] = .random(in: 32...126) }
            _ = reader.take(String(decoding: bytes, as: UTF8.self), from: 1)
        }
    }
}
