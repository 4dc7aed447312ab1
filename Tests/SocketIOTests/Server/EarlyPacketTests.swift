import NIOCore
import NIOEmbedded
import PluginAPI
import Synchronization
import Testing
import WebSocketTesting

@testable import SocketIOPlugin

/// Holds a namespace's decision back until it is opened.
final class Gate: Sendable {
    private let waiting = Mutex<CheckedContinuation<Void, Never>?>(nil)

    func wait() async { await withCheckedContinuation { continuation in waiting.withLock { $0 = continuation } } }

    func open() { waiting.withLock { $0.take() }?.resume() }
}

@Suite("What a peer sends before its namespace has decided")
struct EarlyPacketTests {
    private let gate = Gate()

    private func undecided() throws -> ConnectionBench {
        let bench = try ConnectionBench(connect: { [gate] in await gate.wait() })
        try bench.receive("40/client,{}")
        _ = try bench.sent()
        return bench
    }

    private func decide(_ bench: ConnectionBench) {
        gate.open()
        bench.loop.run()
    }

    @Test("waits as it came and is read after the decision, binary data too, in order")
    func order() throws {
        let bench = try undecided()
        try bench.receive(
            #"42/client,["one"]"#, #"452-/client,["two",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]"#)
        try bench.receive(binary: [1])
        try bench.receive(binary: [2])
        try bench.receive(#"42/client,7["three"]"#)
        #expect(bench.handler.all.isEmpty)
        decide(bench)
        #expect(bench.handler.all == ["joined", "one", "two", "three"])
        #expect(try bench.sent().last == #"43/client,7[{"n":1}]"#)
    }

    @Test("a packet whose attachments come before and after the decision is whole")
    func decidedBetweenAttachments() throws {
        let bench = try undecided()
        try bench.receive(#"452-/client,["two",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]"#)
        try bench.receive(binary: [1])
        decide(bench)
        #expect(bench.handler.all == ["joined"])
        try bench.receive(binary: [2])
        try bench.receive(#"42/client,["three"]"#)
        #expect(bench.handler.all == ["joined", "two", "three"])
    }

    @Test("has a bound in packets and one in bytes, past which the connection is closed and says why")
    func bounds() throws {
        let close = "close 1008 too many packets before the answer to CONNECT"
        let many = try undecided()
        for _ in 0..<EarlyPackets.mostFrames { try many.receive(#"42/client,["e"]"#) }
        #expect(try many.sent().isEmpty && many.channel.isActive)
        try many.receive(#"42/client,["e"]"#)
        #expect(try many.sent() == [close])
        gate.open()

        let big = try undecided()
        let event = #"42/client,["\#(String(repeating: "x", count: 15_000))"]"#
        try big.receive(event)
        try big.receive(event)
        #expect(big.channel.isActive)
        try big.receive(event)
        #expect(try big.sent() == [close])
        gate.open()

        let binary = try undecided()
        try binary.receive(
            #"453-/client,["b",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1},{"_placeholder":true,"num":2}]"#
        )
        for _ in 0..<3 { try binary.receive(binary: [UInt8](repeating: 0, count: 15_000)) }
        #expect(try binary.sent() == [close])
        gate.open()
    }

    @Test("is dropped unread when the peer is refused")
    func refused() throws {
        let bench = try ConnectionBench(refusing: "NO", connect: { [gate] in await gate.wait() })
        try bench.receive("40/client,{}", "42/client,[broken")
        _ = try bench.sent()
        decide(bench)
        #expect(try bench.sent() == [#"44/client,{"message":"NO"}"#])
        #expect(bench.channel.isActive)
    }

    @Test("a stranger's message has a small bound, a joined peer's has the one that was announced")
    func strangers() throws {
        let bench = try ConnectionBench()
        try bench.receive("40/client,{}")
        _ = try bench.sent()
        try bench.receive(#"42/client,["\#(String(repeating: "x", count: 100_000))"]"#)
        #expect(bench.handler.all.count == 2 && bench.channel.isActive)

        let stranger = try ConnectionBench()
        try stranger.opened()
        try stranger.receive("40/client,{\"token\":\"\(String(repeating: "x", count: 32_768))\"}")
        #expect(try stranger.sent() == ["close 1009 message too big"])
    }

    @Test("what a CONNECT shows has a bound in values: it is kept until the decision")
    func auth() throws {
        let bench = try ConnectionBench()
        try bench.opened()
        try bench.receive("40/client,{\"a\":[\(Array(repeating: "[]", count: 1_001).joined(separator: ","))]}")
        #expect(try bench.sent().first?.hasPrefix("close 1007 invalid payload") == true)
    }

    @Test("attachments are not waited for by a peer that has joined nothing")
    func attachments() throws {
        let bench = try ConnectionBench()
        try bench.opened()
        try bench.receive(#"451-/client,["b",{"_placeholder":true,"num":0}]"#)
        #expect(try bench.sent() == ["close 1008 packet for a namespace not joined"])
    }

    @Test("one namespace's decision holds up no other, whose packets may stand between attachments")
    func otherNamespace() throws {
        let first = Mutex(true)
        let bench = try ConnectionBench(
            namespaces: ["/a", "/b"],
            connect: { [gate] in if !first.withLock({ exchange(&$0, with: false) }) { await gate.wait() } })
        try bench.receive("40/a,{}", "40/b,{}", #"42/b,["late"]"#, #"42/a,["now"]"#)
        #expect(bench.handler.all == ["joined", "now"])
        try bench.receive(#"451-/a,["whole",{"_placeholder":true,"num":0}]"#)
        decide(bench)
        #expect(bench.handler.all == ["joined", "now", "joined", "late"])
        try bench.receive(binary: [1])
        #expect(bench.handler.all.last == "whole" && bench.channel.isActive)
    }
}
