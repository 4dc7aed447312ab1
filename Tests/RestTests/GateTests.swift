import HTTPTypes
import PluginAPI
import Testing

@testable import RestPlugin

@Suite("Who is let in")
struct GateTests {
    @Test(
        "a missing header is named, in this order",
        arguments: [
            (HTTPFields(), "MISSING_APP_ID", "X-App-Id"),
            ([.appID: "app-1"], "MISSING_DEVICE_ID", "X-Device-Id"),
            ([.appID: "app-1", .deviceID: "d"], "MISSING_API_KEY", "X-Api-Key"),
        ] as [(HTTPFields, String, String)])
    func missingHeader(headers: HTTPFields, code: String, name: String) async throws {
        let answer = try await RestServer().post("/v1/identify", "{}", headers: headers)
        #expect(answer.status == 400)
        #expect(
            answer.body
                == #"{"error":"Missing required header","code":"\#(code)","message":"\#(name) header is required"}"#)
        #expect(answer.headers[.contentType] == "application/json")
    }

    @Test("unknown app and wrong key give the same 403", arguments: [("app-2", "key-1"), ("app-1", "key-2")])
    func refused(app: String, key: String) async throws {
        let headers: HTTPFields = [.appID: app, .deviceID: "d", .apiKey: key]
        let answer = try await RestServer().post("/v1/conversations", "{", headers: headers)
        #expect(answer.status == 403)
        #expect(
            answer.body
                == #"{"error":"Invalid app_id","code":"INVALID_APP_ID","message":"The provided X-App-Id or X-Api-Key is not valid"}"#
        )
    }

    @Test(
        "device ids have at most 255 bytes, all of UTF-8, and no control characters",
        arguments: [String(repeating: "d", count: 256), "a\tb", "ger\u{FFFD}t", "\u{FFFD}"])
    func invalidDevice(id: String) async throws {
        let answer = try await RestServer().post(
            "/v1/conversations", "{}", headers: [.appID: "app-1", .deviceID: id, .apiKey: "key-1"])
        #expect(answer.status == 400)
        #expect(try answer.json["code"] == "INVALID_DEVICE_ID")
    }

    @Test("a device that has a secret shows it in a header, and is refused with a 403 that says so")
    func deviceSecret() async throws {
        var headers: HTTPFields = [.appID: "app-1", .deviceID: "bound", .apiKey: "key-1"]
        let refused = try await RestServer().post("/v1/conversations", "{}", headers: headers)
        #expect(refused.status == 403)
        #expect(
            refused.body
                == #"{"error":"Invalid device secret","code":"INVALID_DEVICE_SECRET","message":"The device secret is missing or not this device's"}"#
        )
        headers[.deviceSecret] = "s3cret"
        #expect(try await RestServer().post("/v1/conversations", "{}", headers: headers).status == 200)
    }

    @Test("a user whom a body names is checked with the token in a header", arguments: ["identify", "conversations"])
    func userToken(route: String) async throws {
        var headers = RestServer.client
        let body = #"{"user":{"id":"ada"}}"#
        let refused = try await RestServer().post("/v1/\(route)", body, headers: headers)
        #expect(refused.status == 403)
        #expect(try refused.json["code"] == "INVALID_USER_TOKEN")
        headers[.userToken] = "t"
        #expect(try await RestServer().post("/v1/\(route)", body, headers: headers).status == 200)
    }

    @Test("headers are checked on unknown paths too")
    func unknownPath() async throws {
        let answer = try await RestServer().send(.get, "/v1/nothing", headers: [:])
        #expect(try answer.json["code"] == "MISSING_APP_ID")
    }

    @Test(
        "only whole path segments of other wires skip the check",
        arguments: [
            ("/v1/socket.io", true), ("/v1/socket.io/", true), ("/v1/realtime", true), ("/v1/realtime/x", true),
            ("/v1/realtimes", false), ("/v1/socket.iox", false), ("/v1/conversations", false), ("/v1", false),
            ("/v1/conversations/socket.io", false),
        ])
    func otherWires(path: String, skips: Bool) throws {
        let limits = RequestLimits(try RestSettings(Settings(RestServer.unlimited, schema: RestSettings.schema)))
        let gate = ClientGate(prefix: "/v1", chat: StubChat(), limits: limits, logger: Logger(label: "test"))
        #expect(gate.belongsToOtherWire(path) == skips)
    }

    @Test("a handler cannot be reached without a checked device")
    func noDevice() throws {
        let source = HTTPContextSource(logger: Logger(label: "test"), clientAddress: "::1", requestID: "r")
        #expect(throws: HTTPFailure.self) { try DeviceRequestContext(context: HTTPContext(source: source)) }
    }

    @Test("device's limit answers 429 with headers; other devices go on")
    func deviceLimit() async throws {
        let settings: SettingsNode = ["message_rate": 0, "device_rate": "0.01", "device_burst": 2, "ip_rate": 0]
        let server = try RestServer(settings: settings)
        for left in ["1", "0"] {
            let answer = try await server.post("/v1/conversations", "{}")
            #expect(answer.status == 200)
            #expect(answer.headers[.rateLimitPolicy] == "2;w=200")
            #expect(answer.headers[.rateLimitLimit] == "2")
            #expect(answer.headers[.rateLimitRemaining] == left)
        }
        let answer = try await server.post("/v1/conversations", "{}")
        #expect(answer.status == 429)
        // Time goes on meanwhile.
        let wait = try #require(answer.headers[.retryAfter].flatMap { Int($0) })
        #expect((50...100).contains(wait))
        let words = wait == 60 ? "1 minute" : "\(wait) seconds"
        #expect(
            answer.body
                == #"{"error":"Too many requests","code":"RATE_LIMIT_EXCEEDED","retry_after":"\#(words)"}"#)
        let other: HTTPFields = [.appID: "app-1", .deviceID: "device-2", .apiKey: "key-1"]
        #expect(try await server.post("/v1/conversations", "{}", headers: other).status == 200)
    }

    @Test("the address's limit comes before the headers")
    func addressLimit() async throws {
        let server = try RestServer(settings: ["device_rate": 0, "ip_rate": "0.001", "ip_burst": 1])
        #expect(try await server.post("/v1/conversations", "{}").status == 200)
        let answer = try await server.post("/v1/conversations", "{}", headers: [:])
        #expect(answer.status == 429)
        #expect(try answer.json["retry_after"]?.stringValue != nil)
    }
}
