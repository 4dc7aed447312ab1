import HTTPTypes
import PluginAPI
import Testing

@testable import RestPlugin

@Suite("Routes")
struct RouteTests {
    static let draft = #"{"local_id":"5b1f7d52-31c9-4b0e-8a51-0a6f4b6c9d10","body":"Hi","device_context":null}"#

    @Test("both prefixes serve the same routes", arguments: ["/v1", "/api/v1"])
    func prefixes(prefix: String) async throws {
        let answer = try await RestServer().post("\(prefix)/conversations", "")
        #expect(answer.status == 200)
        #expect(
            answer.body
                == #"{"conversation":{"id":"conv_1","visitor_id":"vis_1","status":"open","created_at":"2026-01-29T10:15:57.123Z","updated_at":"2026-01-29T10:15:57.123Z","metadata":{}}}"#
        )
    }

    @Test("a sent message comes back with its seven fields")
    func send() async throws {
        let answer = try await RestServer().post("/v1/conversations/conv_1/messages", Self.draft)
        #expect(answer.status == 200)
        #expect(answer.headers[.contentType] == "application/json")
        #expect(
            answer.body
                == #"{"message":{"id":"msg_1","local_id":"5b1f7d52-31c9-4b0e-8a51-0a6f4b6c9d10","conversation_id":"conv_1","body":"Hi","sender":"user","created_at":"2026-01-29T10:15:57.123Z","status":"SENT"}}"#
        )
    }

    @Test("a conversation out of reach is a 404")
    func notFound() async throws {
        let answer = try await RestServer().post("/v1/conversations/conv_2/messages", Self.draft)
        #expect(answer.status == 404)
        #expect(answer.body == #"{"error":"Conversation not found","code":"CONVERSATION_NOT_FOUND"}"#)
    }

    @Test("malformed JSON is the client's fault", arguments: ["{", "nope", "{\"a\":1}x"])
    func invalidJSON(body: String) async throws {
        let answer = try await RestServer().post("/v1/conversations", body)
        #expect(answer.status == 400)
        #expect(try answer.json["code"] == "INVALID_JSON")
    }

    @Test("the message limiter refuses before the body is read, and bad bodies cost nothing")
    func messageLimit() async throws {
        let server = try RestServer(settings: [
            "message_rate": "0.01", "message_burst": 1, "message_max_delay": 0, "device_rate": 0, "ip_rate": 0,
        ])
        let path = "/v1/conversations/conv_1/messages"
        for _ in 0..<3 { #expect(try await server.post(path, "{}").status == 400) }
        #expect(try await server.post(path, Self.draft).status == 200)
        let answer = try await server.post(path, "{}")
        #expect(answer.status == 429)
        #expect(try answer.json["message"] == "Maximum 0.01 messages per second")
        #expect(try answer.json["error"] == "Rate limit exceeded")
        #expect(try (answer.json["retry_after"]?.intValue ?? 0) >= 1)
        #expect(answer.headers[.retryAfter] != nil)
        #expect(server.calls == ["send Hi"])
    }

    @Test(
        "paging reads numbers like parseInt, clamps, and takes ISO 8601",
        arguments: [
            ("", "list -1 50"), ("?limit=500", "list -1 200"), ("?after=&limit=0", "list -1 1"),
            ("?limit=-4", "list -1 1"), ("?after=1769681757123&limit=7x", "list 1769681757123 7"),
            ("?after=2026-01-29", "list 2026 50"), ("?after=0", "list -1 50"), ("?after=abc", "list -1 50"),
            ("?after=2026-01-29T10:15:57.123Z", "list 1769681757123 50"),
            ("?after=2026-01-29T11:15:57.123+01:00", "list 1769681757123 50"),
        ])
    func paging(query: String, call: String) async throws {
        let server = try RestServer()
        let answer = try await server.send(.get, "/v1/conversations/conv_1/messages\(query)")
        #expect(answer.status == 200)
        #expect(try answer.json["has_more"] == false)
        #expect(server.calls == [call])
    }

    @Test("a parameter given twice, or a limit that is no number, is a 400", arguments: ["limit=1&limit=2", "limit=x"])
    func badQuery(query: String) async throws {
        let answer = try await RestServer().send(.get, "/v1/conversations/conv_1/sync?\(query)")
        #expect(answer.status == 400)
        #expect(try answer.json["error"] == "Invalid query parameters")
        #expect(try answer.json["code"] == "VALIDATION_ERROR")
    }

    @Test("sync names the last sequence, and an empty page never promises more")
    func sync() async throws {
        let server = try RestServer()
        let page = try await server.send(.get, "/v1/conversations/conv_1/sync?after_sequence=3&limit=50").json
        #expect(page["last_sequence"] == 7)
        #expect(page["has_more"] == true)
        #expect(page["messages"]?[0]?["sequence"] == 7)
        #expect(page["messages"]?[0]?["delivered_at"] == .null)
        let empty = try await server.send(.get, "/v1/conversations/conv_1/sync?after_sequence=9").json
        #expect(empty == ["messages": [], "last_sequence": 9, "has_more": false])
    }

    @Test("receipts carry the id under both names")
    func receipts() async throws {
        let server = try RestServer()
        let path = "/v1/conversations/conv_1/messages"
        let delivered = try await server.post("\(path)/delivered", #"{"message_ids":["msg_9"]}"#)
        #expect(
            delivered.body
                == #"{"updates":[{"id":"msg_9","message_id":"msg_9","status":"DELIVERED","updated_at":"2026-01-29T10:15:57.123Z"}]}"#
        )
        #expect(try await server.post("\(path)/read", #"{"up_to_message_id":null}"#).body == #"{"updates":[]}"#)
        let status = try await server.post("\(path)/status", #"{"message_id":"msg_9","status":"READ"}"#).json
        #expect(status["status"] == "READ")
        #expect(server.calls == ["delivered 1", "read -", "status msg_9 READ"])
    }

    @Test("identify, track and push-token answer success")
    func devices() async throws {
        let server = try RestServer()
        let token = #"{"token":"0123456789","platform":"ios","device_id":"device-1"}"#
        for (path, body) in [
            ("identify", #"{"user":{"id":"u","name":null,"email":null,"attributes":{}}}"#),
            ("events/track", #"{"user_id":"u","event_name":"opened","properties":null,"user_plan":null}"#),
            ("push-token", token),
        ] {
            let answer = try await server.post("/v1/\(path)", body)
            #expect(answer.body == #"{"success":true}"#)
        }
        #expect(server.calls == ["identify u on device-1", "track opened", "token apns 0123456789"])
        #expect(server.chat.events.withLock { $0.first?.sessionID } == "device-1")
    }

    @Test("a store that cannot be reached is a 503 with Retry-After")
    func unavailable() async throws {
        let chat = StubChat(failure: ChatError(.unavailable, "The store cannot be reached", retryAfter: .seconds(3)))
        let answer = try await RestServer(chat).post("/v1/conversations/conv_1/messages", Self.draft)
        #expect(answer.status == 503)
        #expect(answer.headers[.retryAfter] == "3")
        #expect(try answer.json["code"] == "SERVICE_UNAVAILABLE")
    }
}
