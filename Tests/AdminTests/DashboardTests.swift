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
        #expect(DisplayName.conversation(conversation([:], user: nil).conversation) == "Visitor ABCDEF")
        #expect(DisplayName.conversation(conversation([:]).conversation) == "User u<1>")
        let named = conversation(["user": ["id": "u<1>", "name": "Ada"]]).conversation
        #expect(DisplayName.conversation(named) == "Ada")
        #expect(DisplayName.person(.user("u"), name: "Ada") == "Ada")
        #expect(DisplayName.person(.user("u"), name: " ") == "User u")
        #expect(DisplayName.person(.device("ABCDEFGH"), name: nil) == "Visitor ABCDEF")
    }

    @Test("of someone unknown the detail is empty")
    func unknown() throws {
        let detail = UserDetail(key: .user("u"), summary: nil, devices: [])
        let json = try JSONValue(parsing: text { $0.userDetail(detail, isOnline: false) })
        #expect(json["user_key"] == "user:u")
        #expect(json["devices"] == [])
        #expect(json["created_at"] == .null)
        #expect(json["attributes"] == [:])
    }

    @Test("the detail has what the conversations say, and the times of the devices, too")
    func profile() throws {
        let user: JSONValue = ["id": "u", "name": "Ada", "attributes": ["plan": "pro"]]
        let summary = PersonSummary(
            device: "ABCDEFGH", deviceIDs: ["ABCDEFGH", "gone"], metadata: ["user": user], createdAt: Self.at,
            updatedAt: Self.at)
        let device = Device(
            identity: DeviceIdentity(app: "app-1", device: "old"), platform: .ios, createdAt: .epoch, updatedAt: .epoch)
        let detail = UserDetail(key: .user("u"), summary: summary, devices: [device])
        let json = try JSONValue(parsing: text { $0.userDetail(detail, isOnline: false) })
        #expect(json["display_name"] == "Ada")
        #expect(json["attributes"] == ["plan": "pro"])
        #expect(json["device_id"] == "ABCDEFGH")
        #expect(detail.deviceIDs == ["ABCDEFGH", "gone", "old"])
        #expect(json["created_at"] == "1970-01-01T00:00:00.000Z")
        #expect(json["last_seen_at"] == "2026-01-29T10:15:57.123Z")
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

    private func page(_ query: String?, _ rows: [String]) throws -> (rows: [JSONValue], next: String?) {
        let query = try ListQuery(query)
        let text = text {
            query.write("rows", rows, to: &$0) { json, row in
                json.string(row)
            } cursor: {
                PageCursor(at: .epoch, id: String($0.prefix(1)))
            }
        }
        let json = try JSONValue(parsing: text)
        let next = json["next_cursor"]?.stringValue.flatMap(PageCursor.init(text:))?.id
        return (try #require(json["rows"]?.arrayValue), next)
    }

    @Test("a page has at most the asked rows and says where the next one starts")
    func pages() throws {
        let more = try page("limit=2", ["1", "2", "3"])
        #expect(more.rows == ["1", "2"] && more.next == "2")
        #expect(try page("limit=2", ["1", "2"]).next == nil)
        #expect(try ListQuery("limit=100000").limit == 500)
        #expect(try ListQuery(nil).limit == 200)
    }

    @Test("a list that had no pages is answered whole unless one is asked for, and ignores what it ignored")
    func lenient() {
        for query in [nil, "", "status=open", "cursor=!", "limit=many", "limit=1&limit=2", "x=%"] {
            let query = ListQuery(lenient: query)
            #expect(query.limit == 1_000 && query.cursor == nil)
        }
        let cursor = PageCursor(at: Self.at, id: "c")
        #expect(ListQuery(lenient: "limit=2&status=x").limit == 2)
        #expect(ListQuery(lenient: "limit=100000").limit == 500)
        #expect(ListQuery(lenient: "cursor=\(cursor.text)").cursor == cursor)
        #expect(ListQuery(lenient: "cursor=\(cursor.text)").limit == 200)
    }

    @Test("a page ends by its bytes, after one row at least, and the next one starts there")
    func bytes() throws {
        let row = String(repeating: "x", count: 400_000)
        let found = try page(nil, ["1" + row, "2" + row, "3" + row, "4" + row])
        #expect(found.rows.count == 3 && found.next == "3")
        let huge = try page(nil, ["1" + row + row + row, "2"])
        #expect(huge.rows.count == 1 && huge.next == "1")
    }

    @Test("a status is a filter of conversations, and no other word is taken")
    func status() throws {
        #expect(try ListQuery("status=resolved").status() == .resolved)
        #expect(try ListQuery("status=").status() == nil)
        let failure = #expect(throws: HTTPFailure.self) { try ListQuery("status=closed").status() }
        #expect(failure?.code == "INVALID_STATUS" && failure?.status == .badRequest)
        #expect(throws: HTTPFailure.self) { try ListQuery("status=open").refuseStatus() }
    }

    @Test("opening a conversation needs a device id; null is absent elsewhere")
    func newConversation() throws {
        let body = try NewConversationBody(
            ["device_id": " d ", "user_id": .null, "device_context": .null], in: "app-1")
        #expect(body.device == "d")
        #expect(body.user == nil)
        for wrong in [[:], ["device_id": " "], ["device_id": 1]] as [JSONObject] {
            let failure = try #require(throws: HTTPFailure.self) { try NewConversationBody(wrong, in: "app-1") }
            #expect(failure.code == "MISSING_DEVICE_ID")
        }
        let long = JSONValue.string(String(repeating: "x", count: 256))
        for wrong in [
            ["device_id": long], ["device_id": "a\0b"], ["device_id": "d", "user_id": long],
            ["device_id": "d", "user_id": "a\0b"],
            ["device_id": "d", "device_context": ["platform": "ios", "os_version": long]],
        ] as [JSONObject] {
            #expect(throws: HTTPFailure.self) { try NewConversationBody(wrong, in: "app-1") }
        }
    }
}
