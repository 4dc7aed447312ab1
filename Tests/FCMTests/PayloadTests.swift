import PluginAPI
import Testing

@testable import FCMPlugin

@Suite("FCM: what is sent")
struct PayloadTests {
    private let now = Timestamp(milliseconds: 1_769_681_757_120)

    private func push(_ body: String?, message: MessageID = "msg_1") -> PushNotification {
        PushNotification(
            device: DeviceIdentity(app: "app", device: "phone"), conversation: "conv_1", message: message,
            sender: .agent, title: "New message", body: body, expiresAt: now + .seconds(86_400))
    }

    private func payload(_ push: PushNotification) throws -> JSONValue {
        try JSONValue(parsing: FCMPayload(push: push, token: "token", now: now).bytes())
    }

    @Test("the message of the contract, to the letter")
    func whole() throws {
        #expect(
            try payload(push("Hello")) == [
                "message": [
                    "token": "token",
                    "data": [
                        "title": "New message", "body": "Hello", "conversation_id": "conv_1", "message_id": "msg_1",
                        "sender_type": "agent", "conversationId": "conv_1", "messageId": "msg_1",
                    ],
                    "android": ["priority": "HIGH", "ttl": "86400s"],
                    "apns": [
                        "headers": [
                            "apns-priority": "10", "apns-push-type": "alert", "apns-collapse-id": "msg_1",
                            "apns-expiration": "1769768157",
                        ],
                        "payload": [
                            "aps": [
                                "alert": ["title": "New message", "body": "Hello"], "sound": "default",
                                "thread-id": "conv_1",
                            ],
                            "conversation_id": "conv_1", "message_id": "msg_1", "sender_type": "agent",
                        ],
                    ],
                ]
            ])
    }

    @Test("without a text the SDK puts in its own, and Apple's devices show that there is something")
    func hidden() throws {
        let message = try payload(push(nil))["message"]
        #expect(message?["data"]?["body"] == nil && message?["data"]?["message_id"] == "msg_1")
        #expect(message?["apns"]?["payload"]?["aps"]?["alert"]?["body"] == "You have a new message")
        #expect(message?["notification"] == nil && message?["android"]?["notification"] == nil)
    }

    @Test(
        "however long the characters are, the payload stays below 4 kB and the text whole in its characters",
        arguments: ["x", "\"", "\u{1}", "é", "👨‍👩‍👧‍👦", Character("e" + String(repeating: "\u{301}", count: 40))])
    func bounds(character: Character) throws {
        let push = push(String(repeating: character, count: 200))
        let bytes = FCMPayload(push: push, token: String(repeating: "t", count: 170), now: now).bytes()
        #expect(bytes.count <= FCMPayload.limit)
        let text = try #require(try JSONValue(parsing: bytes)["message"]?["data"]?["body"]?.stringValue)
        #expect(text.allSatisfy { $0 == character } && !text.isEmpty)
        if character == "x" { #expect(text.count == 200) }
    }

    @Test("one after the other in the same memory, long and short, escaped and not, each is what it would be alone")
    func memory() throws {
        var json = PayloadText()
        let long = String(repeating: "\"\u{1}\\", count: 500)
        let bodies = ["Hello", long, "", "a\nb", "né ✓", String(repeating: "x", count: 900)]
        for body in bodies {
            let payload = FCMPayload(push: push(body), token: "token \"\(body.prefix(3))\"", now: now)
            payload.write(to: &json)
            let bytes = json.withBytes { Array($0) }
            #expect(bytes == payload.bytes())
            let message = try #require(try JSONValue(parsing: bytes)["message"])
            #expect(message["token"]?.stringValue == "token \"\(body.prefix(3))\"")
            let shown = try #require(message["data"]?["body"]?.stringValue)
            #expect(body.hasPrefix(shown) && (shown == body || body == long))
        }
    }

    @Test("every value of data is a string, as the SDK reads them")
    func strings() throws {
        let data = try payload(push("Hi"))["message"]?["data"]?.objectValue ?? [:]
        #expect(data.count == 7 && data.allSatisfy { $0.value.stringValue != nil })
    }

    @Test("an id that is too long for it names no collapse, and a token is not shown whole")
    func ids() throws {
        let long = MessageID(String(repeating: "m", count: 65))
        #expect(try payload(push("Hi", message: long))["message"]?["apns"]?["headers"]?["apns-collapse-id"] == nil)
        #expect(FCMProvider.shortened("abcdefgh-secret-part-wxyz") == "abcdefgh…wxyz")
        #expect(FCMProvider.shortened("short") == "…")
    }
}
