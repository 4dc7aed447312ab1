import PluginAPI
import Testing

@testable import AdminPlugin

@Suite("The dashboard's rows")
struct DashboardTests {
    private static let at = Timestamp(milliseconds: 1_769_681_757_123)

    private func conversation(_ metadata: JSONObject, user: UserID? = "u<1>") -> ConversationRow {
        ConversationRow(
            conversation: Conversation(
                id: "conv_1", visitorID: "vis_1", app: "app-1", device: "ABCDEFGH", userID: user, status: .open,
                metadata: metadata, createdAt: Self.at, updatedAt: Self.at),
            lastMessage: nil)
    }

    private func text(_ write: (inout JSONWriter) -> Void) -> String {
        var writer = JSONWriter()
        write(&writer)
        return String(buffer: writer.buffer)
    }

    @Test("a conversation's row has every field, null where there is nothing, and no HTML escapes")
    func row() {
        let row = conversation(["device_context": ["platform": "ios"]])
        #expect(
            text { $0.conversationRow(row, isOnline: true) }
                == #"{"conversation_id":"conv_1","user_id":"u<1>","device_id":"ABCDEFGH","status":"open","updated_at":"2026-01-29T10:15:57.123Z","created_at":"2026-01-29T10:15:57.123Z","device_context":{"platform":"ios"},"last_message":null,"last_sender":null,"last_message_at":null,"is_online":true,"display_name":"User u<1>"}"#
        )
    }

    @Test("display names")
    func names() {
        #expect(DisplayName.conversation(user: nil, device: "ABCDEFGH") == "Visitor ABCDEF")
        #expect(DisplayName.person(.user("u"), name: "Ada") == "Ada")
        #expect(DisplayName.person(.user("u"), name: " ") == "User u")
        #expect(DisplayName.person(.device("ABCDEFGH"), name: nil) == "Visitor ABCDEF")
    }

    @Test("of someone unknown the detail is empty")
    func unknown() throws {
        let detail = UserDetail(key: .user("u"), conversations: [], devices: [])
        let json = try JSONValue(parsing: text { $0.userDetail(detail, isOnline: false) })
        #expect(json["user_key"] == "user:u")
        #expect(json["devices"] == [])
        #expect(json["created_at"] == .null)
        #expect(json["attributes"] == [:])
    }

    @Test("the detail takes the profile of the latest conversation that has one")
    func profile() throws {
        let user: JSONValue = ["id": "u", "name": "Ada", "attributes": ["plan": "pro"]]
        let rows = [conversation([:]), conversation(["user": user])]
        let detail = UserDetail(key: .user("u"), conversations: rows, devices: [])
        let json = try JSONValue(parsing: text { $0.userDetail(detail, isOnline: false) })
        #expect(json["display_name"] == "Ada")
        #expect(json["attributes"] == ["plan": "pro"])
        #expect(json["device_id"] == "ABCDEFGH")
    }

    @Test("cursors survive the round trip, also with colons and other scripts", arguments: ["conv_1", "user:a:b", "ü"])
    func cursors(id: String) {
        let cursor = PageCursor(at: Self.at, id: id)
        #expect(PageCursor(text: cursor.text) == cursor)
    }

    @Test("a foreign cursor is refused", arguments: ["!", "abc", "MTIz"])
    func badCursor(text: String) {
        #expect(throws: HTTPFailure.self) { try ListQuery("cursor=\(text)") }
    }

    @Test("a page has at most the asked rows and says where the next one starts")
    func pages() throws {
        let query = try ListQuery("limit=2")
        func cursor(_ row: Int) -> PageCursor { PageCursor(at: .epoch, id: String(row)) }
        let more = query.page(of: [1, 2, 3], cursor: cursor)
        #expect(more.rows == [1, 2])
        #expect(more.next?.id == "2")
        #expect(query.page(of: [1, 2], cursor: cursor).next == nil)
        #expect(try ListQuery("limit=100000").limit == ListQuery.maxLimit)
        #expect(try ListQuery(nil).limit == ListQuery.maxLimit)
    }

    @Test("opening a conversation needs a device id; null is absent elsewhere")
    func newConversation() throws {
        let body = try NewConversationBody(["device_id": " d ", "user_id": .null, "device_context": .null])
        #expect(body.device == "d")
        #expect(body.user == nil)
        for wrong in [[:], ["device_id": " "], ["device_id": 1]] as [JSONObject] {
            let failure = try #require(throws: HTTPFailure.self) { try NewConversationBody(wrong) }
            #expect(failure.code == "MISSING_DEVICE_ID")
        }
    }
}
