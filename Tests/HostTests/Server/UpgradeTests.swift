import Glibc
import PluginAPI
import Testing

@testable import HostCore

@Suite("Websocket upgrades", .timeLimit(.minutes(10)))
struct UpgradeTests {
    static func request(
        _ path: String = "/socket", version: String = "13", key: String = "dGhlIHNhbXBsZSBub25jZQ=="
    ) -> String {
        "GET \(path) HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n"
            + "Sec-WebSocket-Version: \(version)\r\nSec-WebSocket-Key: \(key)\r\n\r\n"
    }

    private func expectUpgrade(_ wire: Wire) throws {
        let answer = try wire.answer()
        #expect(answer.statusLine == "HTTP/1.1 101 Switching Protocols")
        #expect(answer["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        #expect(answer["sec-websocket-extensions"] == nil)
        #expect(answer["server"] == "echo")
        #expect(answer["x-request-id"]?.isEmpty == false)
    }

    @Test("An upgrade hands the raw channel to the endpoint", arguments: ["/socket", "/socket/", "/socket?EIO=4"])
    func upgrade(path: String) async throws {
        try await TestServer.run { server in
            let wire = try server.connect()
            try wire.send(Self.request(path))
            try expectUpgrade(wire)
            try wire.send("raw bytes")
            #expect(try wire.read(9) == Array("raw bytes".utf8))
            #expect(server.listener.webSocketCount == 1)
        }
    }

    @Test("Bytes in the same packet as the request reach the endpoint, and the answer to them leaves at once")
    func earlyBytes() async throws {
        try await TestServer.run { server in
            let wire = try server.connect()
            try wire.send(Self.request() + "early")
            try expectUpgrade(wire)
            #expect(try wire.read(5) == Array("early".utf8))
            try wire.send("later")
            #expect(try wire.read(5) == Array("later".utf8))
        }
    }

    @Test("The request may be split at every byte")
    func split() async throws {
        let request = Array((Self.request() + "early").utf8)
        try await TestServer.run { server in
            for place in stride(from: 1, to: request.count, by: 7) {
                let wire = try server.connect()
                try wire.send(Array(request[..<place]))
                try wire.send(Array(request[place...]))
                try expectUpgrade(wire)
                #expect(try wire.read(5) == Array("early".utf8), "split at \(place)")
            }
        }
    }

    @Test("A connection that served requests can still be upgraded, also pipelined behind one")
    func reused() async throws {
        try await TestServer.run { server in
            let wire = try server.connect()
            try wire.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try wire.answer().body == "hello")
            try wire.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n" + Self.request() + "early")
            await server.gate.arrivals(1)
            server.gate.open()
            #expect(try wire.answer().body == "waited")
            try expectUpgrade(wire)
            #expect(try wire.read(5) == Array("early".utf8))
        }
    }

    @Test("The endpoint can refuse in its own words")
    func refusal() async throws {
        try await TestServer.run { server in
            let wire = try server.connect()
            try wire.send(Self.request("/socket?no"))
            let answer = try wire.answer()
            #expect(answer.status == 401)
            #expect(answer["content-type"] == "text/plain" && answer["retry-after"] == "7")
            #expect(answer.body == "no entry")
            #expect(try wire.isAtEnd())
        }
    }

    @Test("Another version gets 426 and the right one")
    func version() async throws {
        try await TestServer.run { server in
            let answer = try server.answer(to: Self.request(version: "8"))
            #expect(answer.status == 426)
            #expect(answer["sec-websocket-version"] == "13" && answer["upgrade"] == "websocket")
            #expect(answer.body.contains("UPGRADE_REQUIRED"))
        }
    }

    @Test(
        "A key that is not 16 bytes gets 400",
        arguments: ["", "c2hvcnQ=", "dGhlIHNhbXBsZSBub25jZSE!", "dGhlIHNhbXBsZSBub25jZTEyMw=="])
    func key(key: String) async throws {
        try await TestServer.run { server in
            let answer = try server.answer(to: Self.request(key: key))
            #expect(answer.status == 400)
        }
    }

    @Test("An upgrade elsewhere is an ordinary request", arguments: [("/hello", 200), ("/nowhere", 404)])
    func elsewhere(path: String, status: Int) async throws {
        try await TestServer.run { server in
            let wire = try server.connect()
            try wire.send(Self.request(path))
            #expect(try wire.answer().status == status)
            #expect(try wire.isAtEnd())
        }
    }

    @Test("The path without an upgrade is no route")
    func plain() async throws {
        try await TestServer.run { server in
            let answer = try server.answer(to: "GET /socket HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(answer.status == 404)
        }
    }

    @Test("A peer that closes its side is gone: no descriptor leaks")
    func halfClose() async throws {
        try await TestServer.run { server in
            let wires = try (0..<20).map { _ in try server.connect() }
            for wire in wires {
                try wire.send(Self.request())
                try expectUpgrade(wire)
            }
            #expect(server.listener.webSocketCount == 20)
            for wire in wires {
                wire.finishSending()
                #expect(try wire.isAtEnd())
            }
            await server.listener.drain(until: .now() + .seconds(5))
            #expect(server.listener.connectionCount == 0)
            #expect(server.listener.webSocketCount == 0)
        }
    }

    @Test("Taking a plugin's contributions back closes its websockets and leaves others")
    func takeBack() async throws {
        try await TestServer.run { server in
            let other = WebSocketEndpoint(paths: ["/other"], install: TestRoutes.echo.install)
            try server.routes.addWebSocket(other, by: "Other")
            let kept = try server.connect()
            try kept.send(Self.request("/other"))
            #expect(try kept.answer().status == 101)
            let wire = try server.connect()
            try wire.send(Self.request())
            try expectUpgrade(wire)
            await server.routes.removeAll(owner: "Test")
            #expect(try wire.isAtEnd())
            try kept.send("still")
            #expect(try kept.read(5) == Array("still".utf8))
            #expect(try server.answer(to: Self.request()).status == 404)
            #expect(try server.answer(to: "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n").status == 404)
        }
    }

    @Test("An upgrade whose plugin is restarted before the handover is answered, and is no websocket")
    func restarted() async throws {
        try await TestServer.run { server in
            let routes = server.routes
            let endpoint = WebSocketEndpoint(
                paths: ["/other"],
                accept: { _ in
                    Task.detached { await routes.withdraw(owner: "Other", isReturning: true, until: .now()) }
                    // On the connection's loop, between the decision and the handover.
                    while routes.current.webSocket(at: "/other") != nil { sched_yield() }
                    return .accept()
                },
                install: TestRoutes.echo.install)
            try routes.addWebSocket(endpoint, by: "Other")
            let wire = try server.connect()
            try wire.send(Self.request("/other"))
            // The next one is told the same by the routes themselves.
            for answer in [try wire.answer(), try server.answer(to: Self.request("/other"))] {
                #expect(answer.status == 503 && answer["retry-after"] == "1")
                #expect(answer.body.contains("SERVICE_UNAVAILABLE"))
            }
            #expect(try wire.isAtEnd())
            #expect(server.listener.webSocketCount == 0)
        }
    }
}
