import NIOCore
import NIOEmbedded
import PluginAPI
import Testing
import WebSocketTesting

@testable import LegacyWSPlugin

@Suite("A legacy connection from open to freed")
struct LegacyTransportTests {
    private static let established = #"{"type":"connection.established","connection_id":"conn_1"}"#
    private static let pong = #"{"type":"pong"}"#
    private static let invalid = #"{"type":"error","error":"Invalid JSON","code":"INVALID_JSON"}"#

    @Test("it is told that it is let in, pings are answered, and what is no JSON costs nothing but an answer")
    func transcript() throws {
        let bench = try LegacyBench()
        try bench.receive(
            #"{"type":"ping"}"#, "nonsense", #"{"type":"unknown"}"#, #"{"type":"subscribe","conversation_id":"c"}"#)
        #expect(try bench.sent() == [Self.established, Self.pong, Self.invalid])
        #expect(bench.notes == ["opened", "\(LegacyMessage.subscribe("c"))"])
    }

    @Test("the same in any two pieces, control frames between fragments included")
    func everyByte() throws {
        let stream =
            ClientFrame.text(#"{"type":"pi"#, isFinal: false).bytes + ClientFrame(0x9, Array("live".utf8)).bytes
            + ClientFrame(0x0, Array(#"ng"}"#.utf8)).bytes + ClientFrame.text("é{").bytes
            + ClientFrame(0x2, Array(#"{"type":"ping"}"#.utf8)).bytes + ClientFrame.close(4000, "bye").bytes
        let expected = [Self.established, "pong live", Self.pong, Self.invalid, Self.pong, "close 4000 "]
        for split in 0...stream.count {
            let bench = try LegacyBench()
            try bench.receive(bytes: stream[..<split])
            if bench.channel.isActive { try bench.receive(bytes: stream[split...]) }
            let sent = try bench.sent()
            #expect(sent == expected, "split at \(split)")
            #expect(bench.notes == ["opened", "closed: transport close"], "split at \(split)")
            #expect(!bench.channel.isActive && bench.transport == nil && bench.outlet == nil)
        }
    }

    @Test("what comes before it is let in waits, in order")
    func early() throws {
        let bench = try LegacyBench(waits: true)
        bench.loop.run()
        try bench.receive(#"{"type":"subscribe","conversation_id":"a"}"#, #"{"type":"ping"}"#)
        try bench.receive(#"{"type":"subscribe","conversation_id":"b"}"#)
        #expect(try bench.sent().isEmpty && bench.notes.isEmpty)
        bench.door.decide()
        bench.loop.run()
        #expect(try bench.sent() == [Self.established, Self.pong])
        #expect(
            bench.notes == ["opened", "\(LegacyMessage.subscribe("a"))", "\(LegacyMessage.subscribe("b"))"])
    }

    @Test("too many or too long frames before that close it")
    func tooEarly() throws {
        var limits = LegacyBench.limits
        limits.maxPayload = 100_000
        for texts in [
            Array(repeating: "{}", count: 65), Array(repeating: String(repeating: "1", count: 33_000), count: 2),
        ] {
            let bench = try LegacyBench(limits: limits, waits: true)
            bench.loop.run()
            try bench.receive(bytes: texts.flatMap { ClientFrame.text($0).bytes })
            #expect(try bench.sent() == ["close 1008 Too many frames before authentication"])
            bench.door.decide()
            bench.loop.run()
            // The peer that was made for nothing lets go.
            #expect(bench.notes == ["closed: transport close"])
        }
    }

    @Test("who is refused reads why, then the close; the socket goes with the answer, or two seconds later")
    func refused() throws {
        let bench = try LegacyBench(refusing: .invalidAppID)
        let error = #"{"type":"error","error":"Invalid app_id","code":"INVALID_APP_ID"}"#
        #expect(try bench.sent() == [error, "close 4403 Invalid app_id"])
        #expect(bench.channel.isActive)
        try bench.receive(#"{"type":"ping"}"#)
        #expect(try bench.sent().isEmpty && bench.channel.isActive)
        try bench.receive(bytes: ClientFrame.close(4403).bytes)
        #expect(!bench.channel.isActive && bench.transport == nil && bench.desk.table.count == 0)

        let silent = try LegacyBench(refusing: .invalidCredentials)
        silent.loop.advanceTime(by: .milliseconds(1_900))
        #expect(silent.channel.isActive)
        silent.loop.advanceTime(by: .milliseconds(200))
        #expect(!silent.channel.isActive && silent.transport == nil)
        #expect(silent.notes.isEmpty)
    }

    @Test("a peer that leaves a ping unanswered is cut off without a close frame")
    func terminated() throws {
        let bench = try LegacyBench()
        _ = try bench.sent()
        bench.loop.advanceTime(by: .milliseconds(30_050))
        #expect(try bench.sent() == ["ping"])
        try bench.receive(bytes: ClientFrame(0xA).bytes)
        bench.loop.advanceTime(by: .milliseconds(30_050))
        #expect(try bench.sent() == ["ping"])
        bench.loop.advanceTime(by: .milliseconds(30_050))
        #expect(try bench.sent().isEmpty)
        #expect(!bench.channel.isActive && bench.notes == ["opened", "closed: ping timeout"])
    }

    @Test("without pings the silent are closed with 4408; a JSON ping is a sign of life")
    func stale() throws {
        var limits = LegacyBench.limits
        limits.pingInterval = .zero
        let bench = try LegacyBench(limits: limits)
        bench.loop.advanceTime(by: .seconds(60))
        try bench.receive(#"{"type":"ping"}"#)
        _ = try bench.sent()
        bench.loop.advanceTime(by: .seconds(89))
        #expect(try bench.sent().isEmpty)
        bench.loop.advanceTime(by: .seconds(2))
        let error = #"{"type":"error","error":"Connection timed out","code":"CONNECTION_TIMEOUT"}"#
        #expect(try bench.sent() == [error, "close 4408 Connection timeout"])
        #expect(bench.notes.last == "closed: ping timeout")
    }

    @Test(
        "who breaks a rule of websockets is closed with its code",
        arguments: [
            (ClientFrame.text("a").with(mask: nil).bytes, "close 1002 client frame not masked"),
            (ClientFrame.text("a").with(reserved: 0x40).bytes, "close 1002 reserved bits set"),
            ([0x82, 0xFE, 0x03, 0xE9], "close 1009 message too big"),
            (ClientFrame(0x1, [0xC0, 0xAF]).bytes, "close 1007 text is not UTF-8"),
        ])
    func violation(_ bytes: [UInt8], _ expected: String) throws {
        let bench = try LegacyBench()
        _ = try bench.sent()
        try bench.receive(bytes: bytes)
        #expect(try bench.sent() == [expected])
        #expect(bench.notes == ["opened", "closed: forced close"])
    }

    @Test("messages over the rate are dropped, with one complaint a second, broken ones too")
    func budget() throws {
        var limits = LegacyBench.limits
        limits.rates = EventBudget.Rates(eventsPerSecond: 1, burst: 3, typingPerSecond: 0, joinsPerSecond: 0)
        var bench: LegacyBench
        var began: ContinuousClock.Instant
        // A busy machine may take so long that one more is within the rate.
        repeat {
            bench = try LegacyBench(limits: limits)
            _ = try bench.sent()
            began = .now
            for _ in 0..<20 { try bench.receive("{") }
        } while ContinuousClock.now - began >= .seconds(1)
        let complaint = #"{"type":"error","error":"Too many events","code":"RATE_LIMIT_EXCEEDED"}"#
        #expect(try bench.sent() == [Self.invalid, Self.invalid, Self.invalid, complaint])
        #expect(bench.channel.isActive)
    }

    @Test("a table that closes tells everybody, and whoever comes later; then it is empty")
    func drained() throws {
        let bench = try LegacyBench()
        _ = try bench.sent()
        bench.desk.table.closeAll(over: .zero)
        bench.loop.run()
        let going = #"{"type":"server.going_away","message":"Server is shutting down"}"#
        #expect(try bench.sent() == [going, "close 1001 Server shutdown"])
        #expect(bench.notes.last == "closed: server shutting down")
        try bench.receive(bytes: ClientFrame.close(1001).bytes)
        #expect(bench.desk.table.count == 0 && bench.transport == nil)
    }
}
