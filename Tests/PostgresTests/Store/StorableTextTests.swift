import PluginAPI
import Testing

@testable import PostgresPlugin

@Suite("PostgreSQL store: text that PostgreSQL cannot keep")
struct StorableTextTests {
    private static let texts = [
        "", "plain", "\0", "a\0b", "\0\0", "\u{10FFFD}", "\u{10FFFD}0", "\u{10FFFD}\0", "\u{10FFFD}\u{10FFFD}0",
        "x\u{10FFFD}y\0z", "\u{10FFFC}\0", "\u{FFFD}\u{10FFFE}", "0", "👩‍👩‍👧‍👦\0",
    ]

    @Test("comes back as it was, and is kept without NUL", arguments: texts.indices)
    func roundTrip(_ index: Int) {
        let text = Self.texts[index]
        let stored = StorableText.encode(text)
        #expect(!stored.unicodeScalars.contains("\0"))
        #expect(Array(StorableText.decode(stored).utf8) == Array(text.utf8))
    }

    @Test("different texts are kept differently")
    func injective() {
        #expect(Set(Self.texts.map(StorableText.encode)).count == Self.texts.count)
    }

    @Test("what another program wrote is read as it is", arguments: ["\u{10FFFD}", "a\u{10FFFD}b", "\u{10FFFD} 0"])
    func foreign(_ text: String) {
        #expect(StorableText.decode(text) == text)
    }

    @Test("objects keep it in keys and values")
    func objects() throws {
        let object: JSONObject = ["a\0": ["\u{10FFFD}", ["\0": 1, "n": .null]], "s": "\\u0000x", "plain": true]
        let text = StorableText.encode(object)
        let stored = try #require(try JSONValue(parsing: text.utf8).objectValue)
        #expect(StorableText.decode(stored) == object)
        #expect(StorableText.encode(["a": "b"]) == #"{"a":"b"}"#)
    }

    @Test("names, attributes and events may hold it; ids may not")
    func store() async throws {
        try await TestDatabase().withFreshStore { store in
            let place = try await store.makePlace()
            let attributes: JSONObject = ["k\0": "v\0", "n": 1, "s": "\\u0000", "m": ["\u{10FFFD}0", "\"\\\0"]]
            let user = UserProfile(id: "u1", name: "A\0da", attributes: attributes)
            try await store.identify(user, on: place.owner, at: .epoch)
            let head = try await store.conversation(place.conversation, in: place.scope)
            let kept = head?.conversation.metadata["user"]
            #expect(kept?["name"] == "A\0da" && kept?["attributes"] == .object(attributes))
            let people = try await store.userRows(of: place.app, after: nil, limit: 5)
            #expect(people.map(\.name) == ["A\0da"])
            let event = TrackedEvent(
                device: place.owner, userID: "u1", name: "e\0", properties: JSONValue.object(attributes).description,
                sessionID: "s", at: .epoch)
            try await store.record([event])
            let bad = DeviceIdentity(app: place.app, device: "a\0b")
            do {
                _ = try await store.latestConversation(of: bad)
                Issue.record("an id with NUL was taken")
            } catch let error as ChatError {
                #expect(error.code == .validation)
            }
        }
    }
}
