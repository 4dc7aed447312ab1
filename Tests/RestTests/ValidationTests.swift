import PluginAPI
import Testing

@testable import RestPlugin

@Suite("Bodies")
struct ValidationTests {
    static let device = DeviceIdentity(app: "app-1", device: "device-1")

    private func object(_ text: String) throws -> JSONObject {
        try #require(try JSONValue(parsing: text).objectValue)
    }

    /// The issues of a refused body.
    private func issues(of read: () throws -> Void) throws -> [JSONValue] {
        let failure = try #require(throws: HTTPFailure.self) { try read() }
        #expect(failure.status == .badRequest)
        #expect(failure.code == "VALIDATION_ERROR")
        #expect(failure.error == "Invalid request body")
        return try #require(try JSONValue(parsing: failure.message ?? "").arrayValue)
    }

    @Test("what is missing is said for each field")
    func missing() throws {
        let issues = try issues { _ = try MessageDraft(body: [:]) }
        #expect(issues.map { $0["path"] } == [["local_id"], ["body"]])
        #expect(
            issues.first
                == [
                    "code": "invalid_type", "expected": "string", "received": "undefined", "path": ["local_id"],
                    "message": "Required",
                ])
    }

    @Test("bodies have 1 to 5000 UTF-16 units", arguments: [(0, false), (1, true), (2500, true), (2501, false)])
    func bodyLength(pairs: Int, isValid: Bool) throws {
        let id = "5b1f7d52-31c9-4b0e-8a51-0a6f4b6c9d10"
        // Each of these takes two units.
        let body: JSONObject = ["local_id": .string(id), "body": .string(String(repeating: "😀", count: pairs))]
        if isValid {
            #expect(try MessageDraft(body: body).localID?.rawValue == id)
        } else {
            #expect(try issues { _ = try MessageDraft(body: body) }.count == 1)
        }
    }

    @Test(
        "local ids are UUIDs of any version and case",
        arguments: [
            ("5B1F7D52-31C9-0B0E-0A51-0A6F4B6C9D10", true), ("5b1f7d52-31c9-4b0e-8a51-0a6f4b6c9d1", false),
            ("5b1f7d52031c9-4b0e-8a51-0a6f4b6c9d10", false), ("5b1f7d5g-31c9-4b0e-8a51-0a6f4b6c9d10", false),
            ("", false),
        ])
    func uuid(text: String, isValid: Bool) {
        #expect(TextRule.isUUID(text) == isValid)
    }

    @Test(
        "the e-mail rule",
        arguments: [
            ("a@b.co", true), ("o'neil.x_y+z-1@sub-1.example.org", true), ("A@B.CO", true),
            (".a@b.co", false), ("a..b@c.de", false), ("a.@b.co", false), ("a'@b.co", false), ("@b.co", false),
            ("a@b", false), ("a@b.c", false), ("a@-b.co", false), ("a@b..co", false), ("a@b.c1", false),
            ("ä@b.co", false), ("a@b@c.de", false), ("", false), ("a b@c.de", false), ("a@b.co\n", false),
        ])
    func email(text: String, isValid: Bool) {
        #expect(EmailAddress.isValid(text) == isValid)
    }

    @Test("null is absent wherever a field is optional")
    func nulls() throws {
        let open = try OpenConversationBody(
            object(#"{"user":{"id":"u","name":null,"email":null,"attributes":null},"device_context":null}"#))
        #expect(open.user == UserProfile(id: "u"))
        #expect(open.deviceContext == nil)
        #expect(try OpenConversationBody(object(#"{"user":null}"#)).user == nil)
        #expect(try ReadBody(object(#"{"up_to_message_id":null}"#)).upTo == nil)
        let event = try TrackedEvent(
            body: object(#"{"user_id":"u","event_name":"e","properties":null,"session_id":null,"platform":null}"#),
            of: Self.device, at: .epoch)
        #expect(event.sessionID == "device-1")
        #expect(try issues { _ = try IdentifyBody(["user": .null]) }.first?["received"] == "null")
    }

    @Test("a device context keeps what is listed and needs a platform")
    func deviceContext() throws {
        let body = try OpenConversationBody(
            object(#"{"device_context":{"platform":"ios","os_version":"18","locale":null,"extra":1}}"#))
        #expect(body.deviceContext == DeviceContext(platform: .ios, details: ["os_version": "18"]))
        let unknown = try issues { _ = try OpenConversationBody(["device_context": ["platform": "unknown"]]) }
        #expect(unknown.first?["code"] == "invalid_enum_value")
        #expect(unknown.first?["path"] == ["device_context", "platform"])
        #expect(try issues { _ = try OpenConversationBody(["device_context": [:]]) }.count == 1)
    }

    @Test("user ids have 1 to 255 units")
    func userID() throws {
        #expect(try issues { _ = try IdentifyBody(["user": ["id": ""]]) }.first?["code"] == "too_small")
        let long = JSONValue.string(String(repeating: "u", count: 256))
        #expect(try issues { _ = try IdentifyBody(["user": ["id": long]]) }.first?["code"] == "too_big")
    }

    @Test("attributes are bounded in keys, depth and size")
    func attributes() throws {
        func issue(_ attributes: JSONObject) -> ValidationIssue? { AttributeLimits.issue(of: attributes, at: []) }
        let fifty = JSONObject((0..<50).map { ("k\($0)", JSONValue.int($0)) })
        #expect(issue(fifty) == nil)
        #expect(issue(["a": .object(fifty)]) != nil)
        #expect(issue(["a": ["b": ["c": ["d": ["e": 1]]]]]) == nil)
        #expect(issue(["a": ["b": ["c": ["d": ["e": ["f": 1]]]]]]) != nil)
        #expect(issue(["a": .string(String(repeating: "x", count: 1024))]) == nil)
        #expect(issue(["a": .string(String(repeating: "x", count: 1025))]) != nil)
    }

    @Test("delivered takes 1 to 500 non-empty ids")
    func delivered() throws {
        let ids = { (count: Int) in JSONObject([("message_ids", .array(Array(repeating: "m", count: count)))]) }
        #expect(try DeliveredBody(ids(500)).messages.count == 500)
        #expect(try issues { _ = try DeliveredBody(ids(0)) }.first?["code"] == "too_small")
        #expect(try issues { _ = try DeliveredBody(ids(501)) }.first?["code"] == "too_big")
        #expect(try issues { _ = try DeliveredBody(["message_ids": ["m", 1]]) }.first?["path"] == ["message_ids", 1])
    }

    @Test("a push token is for the device that speaks")
    func pushToken() throws {
        let body: JSONObject = ["token": "0123456789", "platform": "android", "device_id": "device-1"]
        #expect(
            try PushToken(body: body, of: Self.device)
                == PushToken(token: "0123456789", provider: .fcm, platform: .android))
        var long = body
        // As long as FCM's may be, in bytes.
        for token in [String(repeating: "t", count: 4_096), String(repeating: "€", count: 1_365)] {
            long.set("token", .string(token))
            #expect(try PushToken(body: long, of: Self.device).token == token)
        }
        let faults = [
            ("device_id", "device-2"), ("token", "012345678"), ("token", String(repeating: "t", count: 4_097)),
            ("token", String(repeating: "€", count: 1_366)), ("token", "0123456789\0"), ("platform", "web"),
        ]
        for (name, value) in faults {
            var wrong = body
            wrong.set(name, .string(value))
            #expect(try issues { _ = try PushToken(body: wrong, of: Self.device) }.first?["path"]?[0] == .string(name))
        }
    }

    private static let long = String(repeating: "x", count: 256)

    @Test(
        "every text has a bound, and what names something holds no U+0000",
        arguments: [
            #"{"user":{"id":"u","name":"X"}}"#, #"{"user":{"id":"u","email":"X@example.org"}}"#,
            #"{"user":{"id":"X"}}"#, #"{"user":{"id":"u","attributes":{"X":1}}}"#,
            #"{"user":{"id":"u","attributes":{"a":[{"X":1}]}}}"#,
        ])
    func identifyTexts(template: String) throws {
        for filling in [Self.long, #"a\u0000b"#] {
            let body = try object(template.replacing("X", with: filling))
            #expect(try issues { _ = try IdentifyBody(body) }.count == 1)
        }
    }

    @Test("details of a device have a bound", arguments: DeviceContext.detailNames)
    func detailBound(name: String) throws {
        func read(_ text: String) throws -> DeviceContext? {
            try OpenConversationBody(["device_context": ["platform": "ios", name: .string(text)]]).deviceContext
        }
        #expect(try read(String(Self.long.dropLast()))?.details[name] != nil)
        #expect(try issues { _ = try read(Self.long) }.first?["path"] == ["device_context", .string(name)])
    }

    @Test(
        "the texts of an event have a bound",
        arguments: [
            "user_id", "event_name", "user_plan", "user_country", "session_id", "platform", "app_version",
        ])
    func eventTexts(name: String) throws {
        for text in [Self.long, "a\0b"] {
            var body: JSONObject = ["user_id": "u", "event_name": "e"]
            body.set(name, .string(text))
            #expect(
                try issues { _ = try TrackedEvent(body: body, of: Self.device, at: .epoch) }.first?["path"]
                    == [.string(name)])
        }
    }

    @Test("an event's properties are kept as text, and bounded in bytes")
    func properties() throws {
        func read(_ properties: JSONObject) throws -> TrackedEvent {
            try TrackedEvent(
                body: ["user_id": "u", "event_name": "e", "properties": .object(properties)], of: Self.device,
                at: .epoch)
        }
        #expect(try read(["a": [1, .null, "\0"]]).properties == #"{"a":[1,null,"\u0000"]}"#)
        let room = TextBounds.propertiesBytes - #"{"a":""}"#.utf8.count
        #expect(try read(["a": .string(String(repeating: "x", count: room))]).properties.utf8.count == 16_384)
        let arrays = JSONValue.array(Array(repeating: .array([]), count: 6_000))
        for wrong in [["a": .string(String(repeating: "x", count: room + 1))], ["a": arrays], ["a\0": 1]]
            as [JSONObject]
        {
            #expect(try issues { _ = try read(wrong) }.first?["path"] == ["properties"])
        }
    }

    @Test("ids of messages have a bound")
    func messageIDs() throws {
        let long = JSONValue.string(Self.long)
        #expect(try issues { _ = try DeliveredBody(["message_ids": [long]]) }.count == 1)
        #expect(try issues { _ = try ReadBody(["up_to_message_id": long]) }.count == 1)
        #expect(try issues { _ = try MessageStatusBody(["message_id": long, "status": "READ"]) }.count == 1)
    }
}
