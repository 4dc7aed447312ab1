import Metrics
import NIOCore
import NIOEmbedded
import PluginAPI
import Synchronization
import Testing
import WebSocketTesting

@testable import SocketIOPlugin

@Suite("Refused CONNECT packets and broken rules")
struct RefusalTests {
    private let rules = AddressLimits.Rules(
        connections: 0, attempts: TokenBucket.Rules(capacity: 3, refillPerSecond: 0.001),
        refusals: TokenBucket.Rules(capacity: 2, refillPerSecond: 0.001, maxDebt: 1))

    @Test("after five refusals the connection is closed, whatever was asked for")
    func five() throws {
        let bench = try ConnectionBench(refusing: "NO")
        try bench.opened()
        try bench.receive("40/client,{}")
        try bench.receive("40/x,", "40/y,")
        try bench.receive("40/client,{}")
        #expect(bench.channel.isActive)
        #expect(try bench.sent().count == 4)
        try bench.receive("40/client,{}")
        #expect(try bench.sent() == [#"44/client,{"message":"NO"}"#, "close 1008 too many refused CONNECT packets"])
        bench.loop.advanceTime(by: .seconds(2))
        #expect(!bench.channel.isActive)
    }

    @Test(
        "a connection that is closed stays until the peer has answered, so that it reads why, and two seconds at most")
    func lastWords() throws {
        let silent = try ConnectionBench(namespaces: ["/"])
        try silent.receive("42[\"e\"]")
        #expect(try silent.sent().last == "close 1008 packet for a namespace not joined")
        try silent.receive("40", "42[\"more\"]")
        #expect(try silent.sent().isEmpty && silent.handler.all.isEmpty && silent.table.count == 0)
        silent.loop.advanceTime(by: .milliseconds(1_999))
        #expect(silent.channel.isActive)
        silent.loop.advanceTime(by: .milliseconds(1))
        #expect(!silent.channel.isActive && silent.transport == nil)

        let polite = try ConnectionBench(namespaces: ["/"])
        try polite.receive("42[\"e\"]")
        try polite.channel.writeInbound(ByteBuffer(bytes: ClientFrame.close(1008).bytes))
        #expect(!polite.channel.isActive)
    }

    @Test("an address whose credentials are refused waits for its answers, and is then not asked any more")
    func guesses() throws {
        let shared = ConnectionBench.shared(rules)
        let benches = try (0..<4).map { _ in try ConnectionBench(refusing: "NO", shared: shared) }
        for bench in benches {
            try bench.opened()
            try bench.receive("40/client,{}")
        }
        let refused = [#"44/client,{"message":"NO"}"#]
        #expect(try benches[0].sent() == refused)
        #expect(try benches[1].sent() == refused)
        #expect(try benches[2].sent().isEmpty, "its answer waits")
        #expect(try benches[3].sent() == [#"44/client,{"message":"RATE_LIMIT_EXCEEDED"}"#])
        #expect(shared.limits.admit(ConnectionBench.address, at: .now())?.excess == .refusals)
        #expect(shared.limits.admit("192.0.2.2", at: .now()) == nil)
        for bench in benches { try bench.channel.close().wait() }
        #expect(benches.allSatisfy { $0.connection == nil || $0.channel.isActive == false })
    }

    @Test("joining and leaving again and again is asking for a connection each time")
    func again() throws {
        let bench = try ConnectionBench(shared: ConnectionBench.shared(rules))
        try bench.opened()
        for _ in 0..<4 {
            try bench.receive("40/client,{}")
            try bench.receive("41/client,")
        }
        #expect(try bench.sent().count { $0.hasPrefix("40/client") } == 4)
        try bench.receive("40/client,{}")
        #expect(try bench.sent() == [#"44/client,{"message":"RATE_LIMIT_EXCEEDED"}"#])
    }

    @Test("a connection is one of its address from its open to its end")
    func counted() throws {
        let shared = ConnectionBench.shared(AddressLimits.Rules(connections: 2, attempts: nil, refusals: nil))
        let benches = try (0..<2).map { _ in try ConnectionBench(shared: shared) }
        #expect(shared.limits.admit(ConnectionBench.address, at: .now())?.excess == .connections)
        try benches[0].channel.close().wait()
        #expect(shared.limits.admit(ConnectionBench.address, at: .now()) == nil)
        try benches[1].receive("1")
        #expect(shared.limits.count == 0 && shared.table.count == 0)
    }

    @Test(
        "what breaks a rule closes with the code and the reason that say which",
        arguments: [
            ("4", "close 1007 empty packet"), ("49", "close 1007 unknown packet type"),
            ("42[\"e\"", "close 1007 invalid payload"), ("42{}", "close 1007 payload does not fit the packet type"),
            ("42[{\"toString\":\"x\"}]", "close 1007 payload does not fit the packet type"),
            ("4511-[\"e\"]", "close 1009 too many attachments"), ("451-[\"e\"]", "close 1007 placeholders"),
            ("42[\"disconnect\"]", "close 1008 reserved event name disconnect"),
            ("40", "close 1008 second CONNECT for a namespace"), ("44{}", "close 1008 CONNECT_ERROR from a client"),
            ("42/other,[\"e\"]", "close 1008 packet for a namespace not joined"),
            ("41/other,", "close 1008 packet for a namespace not joined"), ("x", "close 1007 no Engine.IO packet"),
        ])
    func violations(packet: String, close: String) throws {
        let bench = try ConnectionBench(namespaces: ["/"])
        try bench.receive("40")
        _ = try bench.sent()
        try bench.receive(packet)
        let sent = try bench.sent()
        #expect(sent.count == 1 && sent.first?.hasPrefix(close) == true, "\(sent)")
        #expect(bench.table.count == 0)
    }

    @Test("binary data that no packet announced closes with 1003, a packet between attachments with 1008")
    func attachments() throws {
        let bench = try ConnectionBench(namespaces: ["/"])
        try bench.receive("40")
        _ = try bench.sent()
        try bench.receive(binary: [1])
        #expect(try bench.sent() == ["close 1003 attachment without a packet"])
        let other = try ConnectionBench(namespaces: ["/"])
        try other.receive("40", "451-[\"e\",{\"_placeholder\":true,\"num\":0}]")
        _ = try other.sent()
        try other.receive("42[\"e\"]")
        #expect(try other.sent() == ["close 1008 packet between attachments"])
    }
}
