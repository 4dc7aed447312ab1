import HTTPTypes
import PluginAPI
import Testing

@testable import HostCore

@Suite("What every request passes", .timeLimit(.minutes(10)))
struct EdgeTests {
    private func get(_ path: String, _ fields: String...) -> String {
        "GET \(path) HTTP/1.1\r\nHost: chat.example\r\n" + fields.map { $0 + "\r\n" }.joined() + "\r\n"
    }

    @Test("Listed origins and the server's own are allowed, others get 403 without an allow-origin")
    func origins() async throws {
        try await TestServer.run { server in
            for origin in ["http://localhost:5173", "https://chat.example"] {
                let answer = try server.answer(to: get("/hello", "Origin: \(origin)"))
                #expect(answer.status == 200)
                #expect(answer["access-control-allow-origin"] == origin)
                #expect(answer["access-control-allow-credentials"] == "true")
                #expect(answer["access-control-expose-headers"]?.contains("RateLimit-Remaining") == true)
                #expect(answer["vary"] == "Origin")
            }
            for origin in ["https://evil.example", "null"] {
                let answer = try server.answer(to: get("/hello", "Origin: \(origin)"))
                #expect(answer.status == 403)
                #expect(answer.body.contains("\"code\":\"CORS_REJECTED\""))
                #expect(answer["access-control-allow-origin"] == nil)
            }
            let plain = try server.answer(to: get("/hello"))
            #expect(plain.status == 200)
            #expect(plain["access-control-allow-origin"] == nil)
            #expect(plain["vary"] == "Origin")
        }
    }

    @Test("A preflight is answered for every path, with the headers that the SDK sends")
    func preflight() async throws {
        try await TestServer.run { server in
            let answer = try server.answer(
                to: "OPTIONS /anything HTTP/1.1\r\nHost: a\r\nOrigin: http://localhost:3000\r\n"
                    + "Access-Control-Request-Method: PATCH\r\n\r\n")
            #expect(answer.status == 204)
            #expect(answer["access-control-allow-origin"] == "http://localhost:3000")
            #expect(answer["access-control-allow-methods"]?.contains("PATCH") == true)
            for name in ["X-App-Id", "X-Device-Id", "X-Api-Key", "X-SDK-Version", "X-Request-Id"] {
                #expect(answer["access-control-allow-headers"]?.contains(name) == true)
            }
        }
    }

    @Test("Some prefixes may be open to every origin")
    func openPrefix() {
        let policy = CORSPolicy(origins: .only([]), openPrefixes: ["/v1/socket.io"])
        let evil = "https://evil.example"
        #expect(policy.verdict(origin: evil, host: "a", path: "/v1/socket.io/") == .open)
        #expect(policy.verdict(origin: evil, host: "a", path: "/v1/socket.iox") == .rejected)
        #expect(CORSPolicy(origins: .any).verdict(origin: evil, host: "a", path: "/") == .open)
    }

    @Test("A sound request id of the client is kept, any other is replaced")
    func requestID() async throws {
        try await TestServer.run { server in
            let kept = try server.answer(to: get("/client", "X-Request-Id: my.id_1-2"))
            #expect(kept["x-request-id"] == "my.id_1-2")
            #expect(kept.body == "127.0.0.1 my.id_1-2")
            for bad in ["a b", "<x>", String(repeating: "a", count: 129)] {
                let answer = try server.answer(to: get("/hello", "X-Request-Id: \(bad)"))
                #expect(answer["x-request-id"]?.hasPrefix("req_") == true)
            }
            let unknown = try server.answer(to: get("/nowhere"))
            #expect(unknown.status == 404)
            #expect(unknown["x-request-id"]?.hasPrefix("req_") == true)
            #expect(unknown["x-frame-options"] == "DENY")
            #expect(unknown["strict-transport-security"] == nil)
        }
    }

    @Test("The client's address comes from a trusted proxy only, from the right")
    func forwarded() async throws {
        let trusted = ["127.0.0.1", "10.0.0.0/8"].compactMap(AddressRange.init)
        try #require(trusted.count == 2)
        func resolve(_ peer: String, _ fields: String...) -> String {
            ClientAddress.resolve(peer: peer, forwardedFor: fields, trusted: trusted)
        }
        #expect(resolve("192.0.2.9", "198.51.100.1") == "192.0.2.9")
        #expect(resolve("127.0.0.1") == "127.0.0.1")
        #expect(resolve("127.0.0.1", "6.6.6.6, 198.51.100.1, 10.1.2.3") == "198.51.100.1")
        #expect(resolve("127.0.0.1", "6.6.6.6", "198.51.100.1:99") == "198.51.100.1")
        #expect(resolve("127.0.0.1", "[2001:db8::1]:5") == "2001:db8::1")
        #expect(resolve("127.0.0.1", "198.51.100.1, nonsense") == "127.0.0.1")
        #expect(resolve("127.0.0.1", "10.0.0.5, 10.0.0.6") == "10.0.0.5")

        try await TestServer.run(edge: EdgePolicy(trustedProxies: trusted)) { server in
            let answer = try server.answer(to: get("/client", "X-Forwarded-For: 203.0.113.5", "X-Request-Id: r"))
            #expect(answer.body == "203.0.113.5 r")
        }
        try await TestServer.run { server in
            let answer = try server.answer(to: get("/client", "X-Forwarded-For: 203.0.113.5", "X-Request-Id: r"))
            #expect(answer.body == "127.0.0.1 r")
        }
    }

    @Test("A trace's id is taken from a sound traceparent only")
    func traceParent() {
        let id = "4bf92f3577b34da6a3ce929d0e0e4736"
        #expect(TraceParent.traceID("00-\(id)-00f067aa0ba902b7-01") == id)
        #expect(TraceParent.traceID("ff-\(id)-00f067aa0ba902b7-01") == nil)
        #expect(TraceParent.traceID("00-\(id.uppercased())-00f067aa0ba902b7-01") == nil)
        #expect(TraceParent.traceID("00-\(String(repeating: "0", count: 32))-00f067aa0ba902b7-01") == nil)
        #expect(TraceParent.traceID("00-\(id)-01") == nil)
        #expect(TraceParent.traceID(nil) == nil)
    }

    @Test("Escapes that mean the same path match it; an escaped slash stays inside its segment")
    func targets() async throws {
        #expect(RequestTarget.path(of: "/v1/%74hings?q=%74") == "/v1/things?q=%74")
        #expect(RequestTarget.path(of: "/a%2Fb%25%zz%4") == "/a%2Fb%25%zz%4")
        #expect(RequestTarget.path(of: "http://host/x?y") == "/x?y")
        #expect(RequestTarget.path(of: "http://host?y") == "/?y")
        #expect(RequestTarget.path(of: "http://host") == "/")
        #expect(RequestTarget.path(of: "*") == "/")
        #expect(RequestTarget.path(of: "host:80") == nil)
        #expect(RequestTarget.path(of: "//v1///things//?q=//a") == "/v1/things/?q=//a")
        #expect(RequestTarget.path(of: "/gr\u{FC}n") == "/gr\u{FC}n")
        #expect(RequestTarget.path(of: "/ger\u{FFFD}t") == nil)
        #expect(RequestTarget.path(of: "/a?device_id=ger\u{FFFD}t") == nil)
        try await TestServer.run { server in
            let bodies = try ["/%68ello", "/things/a%2Fb%2540", "/hello/"].map { path in
                try server.answer(to: get(path)).body
            }
            #expect(bodies == ["hello", "a/b%40", "hello"])
        }
    }

    @Test("A page's own security headers stay")
    func ownHeaders() {
        var fields: HTTPFields = [.contentSecurityPolicy: "default-src 'self'"]
        SecurityHeaders(isSecure: false).add(to: &fields)
        #expect(fields[values: .contentSecurityPolicy] == ["default-src 'self'"])
        #expect(fields[.xContentTypeOptions] == "nosniff")
    }
}
