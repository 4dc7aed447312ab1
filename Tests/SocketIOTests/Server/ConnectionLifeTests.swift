import NIOCore
import NIOEmbedded
import PluginAPI
import Testing
import WebSocketTesting

@testable import SocketIOPlugin

@Suite("A Socket.IO connection from open to freed")
struct ConnectionLifeTests {
    @Test("the handshake comes first, then the join, then answers in order, each once")
    func transcript() throws {
        let bench = try ConnectionBench()
        // The event waits while the namespace decides.
        try bench.receive("40/client,{}", #"42/client,7["hello",{}]"#)
        let sent = try bench.sent()
        #expect(sent.count == 3)
        #expect(sent.first?.hasPrefix(#"0{"sid":"#) == true)
        #expect(sent.dropFirst().first?.hasPrefix(#"40/client,{"sid":"#) == true)
        #expect(sent.last == #"43/client,7[{"n":1}]"#)
        #expect(bench.handler.all == ["joined", "hello"])
    }

    @Test("a connection that closes tells its handler once, leaves the table, and is freed")
    func freed() throws {
        let bench = try ConnectionBench()
        try bench.receive("40/client,{}")
        #expect(
            bench.outlet != nil && bench.transport != nil && bench.connection != nil
                && bench.table.count == 1)
        try bench.channel.close().wait()
        bench.loop.run()
        #expect(bench.handler.all == ["joined", "transport close"])
        #expect(bench.table.count == 0)
        #expect(bench.connection == nil && bench.transport == nil && bench.outlet == nil)
    }

    @Test("one that closes before its namespace has decided is told of the end of what was made for it")
    func closedWhileConnecting() throws {
        let bench = try ConnectionBench()
        try bench.channel.writeInbound(ByteBuffer(bytes: ClientFrame.text("40/client,{}").bytes))
        bench.channel.close(promise: nil)
        bench.loop.run()
        #expect(bench.handler.all == ["transport close"])
        #expect(bench.connection == nil && bench.transport == nil && bench.outlet == nil)
    }

    @Test("a handler that closes the connection while packets wait ends it once")
    func kicked() throws {
        let bench = try ConnectionBench()
        try bench.receive("40/client,{}", #"42/client,["kick"]"#, #"42/client,["late"]"#)
        #expect(bench.handler.all == ["joined", "kick", "server namespace disconnect"])
        #expect(try bench.sent().suffix(2) == ["41/client,", "close 1000 "])
        #expect(bench.connection == nil && !bench.channel.isActive)
    }

    @Test("a refused peer stays until the connect timeout, a silent one until the ping timeout")
    func timeouts() throws {
        let refused = try ConnectionBench(refusing: "NO")
        try refused.receive("40/client,{}")
        #expect(try refused.sent().last == #"44/client,{"message":"NO"}"#)
        refused.loop.advanceTime(by: .milliseconds(44_999))
        #expect(refused.channel.isActive)
        refused.loop.advanceTime(by: .milliseconds(51))
        #expect(!refused.channel.isActive && refused.connection == nil)

        let silent = try ConnectionBench()
        try silent.receive("40/client,{}")
        _ = try silent.sent()
        silent.loop.advanceTime(by: .milliseconds(24_999))
        #expect(try silent.sent().isEmpty)
        silent.loop.advanceTime(by: .milliseconds(51))
        #expect(try silent.sent() == ["2"])
        silent.loop.advanceTime(by: .seconds(59))
        #expect(silent.channel.isActive)
        silent.loop.advanceTime(by: .milliseconds(1100))
        #expect(!silent.channel.isActive)
        #expect(silent.handler.all == ["joined", "ping timeout"])
    }

    @Test("with short intervals the pings of a peer that joins nothing come before its time is over")
    func shortIntervals() throws {
        let timings = EngineIOTimings(
            pingInterval: .milliseconds(300), pingTimeout: .milliseconds(200), connectTimeout: .seconds(1))
        let bench = try ConnectionBench(timings: timings)
        try bench.opened()
        for _ in 0..<3 {
            bench.loop.advanceTime(by: .milliseconds(299))
            #expect(try bench.sent().isEmpty)
            bench.loop.advanceTime(by: .milliseconds(7))
            #expect(try bench.sent() == ["2"])
            try bench.receive("3")
        }
        bench.loop.advanceTime(by: .milliseconds(105))
        #expect(try bench.sent() == ["close 1008 no namespace was joined in time"])
    }

    @Test("pongs keep a connection alive, one ping each interval")
    func heartbeat() throws {
        let bench = try ConnectionBench()
        try bench.receive("40/client,{}")
        _ = try bench.sent()
        for _ in 0..<20 {
            bench.loop.advanceTime(by: .milliseconds(25_050))
            #expect(try bench.sent() == ["2"])
            try bench.receive("3")
        }
        #expect(bench.channel.isActive)
    }
}
