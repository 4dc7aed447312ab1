import NIOCore
import PluginAPI
import Testing
import WebSocketTesting

@testable import LegacyWSPlugin

@Suite("Events as old clients see them")
struct LegacyFormatTests {
    private let time = Timestamp(milliseconds: 1_769_681_757_120)
    private var message: Message {
        Message(
            id: "msg_1", localID: "0d9b", conversation: "conv_1", app: "app", body: "Hi \"é\"\n", sender: .agent,
            status: .sent, sequence: 7, createdAt: time)
    }
    private var conversation: Conversation {
        Conversation(
            id: "conv_1", visitorID: "vis_1", app: "app", device: "phone", userID: nil, status: .open,
            metadata: [:], createdAt: time, updatedAt: time)
    }

    private func both(_ event: DomainEvent) -> [String?] {
        [LegacyFormat.client, LegacyFormat.admin].map { $0.frame(for: event)?.textPayload }
    }

    @Test("a message has the seven fields")
    func message_() {
        let text =
            #"{"type":"message.new","message":{"id":"msg_1","local_id":"0d9b","conversation_id":"conv_1","body":"Hi \"é\"\n","#
            + #""sender":"agent","created_at":"2026-01-29T10:15:57.120Z","status":"SENT"}}"#
        #expect(both(.messageCreated(message, conversation: conversation)) == [text, text])
    }

    @Test("receipts")
    func receipts() {
        let receipt = MessageReceipt(
            message: "msg_1", conversation: "conv_1", app: "app", status: .delivered, updatedAt: time)
        let status =
            #"{"type":"message.status","message_id":"msg_1","conversation_id":"conv_1","status":"DELIVERED","#
            + #""updated_at":"2026-01-29T10:15:57.120Z"}"#
        #expect(both(.messageStatusChanged(receipt)) == [status, status])
    }

    @Test("what was read is told for each message, then together")
    func read() {
        func status(_ message: String) -> String {
            #"{"type":"message.status","message_id":"\#(message)","conversation_id":"conv_1","status":"READ","#
                + #""updated_at":"2026-01-29T10:15:57.120Z"}"#
        }
        let read =
            #"{"type":"messages.read","conversation_id":"conv_1","message_ids":["msg_1","msg_2"],"#
            + #""read_at":"2026-01-29T10:15:57.120Z"}"#
        let event = DomainEvent.messagesRead("conv_1", app: "app", messages: ["msg_1", "msg_2"], at: time)
        for format in [LegacyFormat.client, LegacyFormat.admin] {
            #expect(format.frame(for: event)?.serverTexts == [status("msg_1"), status("msg_2"), read])
        }
    }

    @Test("of a conversation that was read after a long time the statuses have a bound, and all are named together")
    func manyRead() {
        let all = (0..<3_000).map { MessageID("msg_\($0)") }
        let texts = LegacyFormat.client.frame(
            for: .messagesRead("conv_1", app: "app", messages: all, at: time))?.serverTexts
        #expect(texts?.count == MessageReceipt.mostReadAtOnce + 1)
        #expect(texts?.last?.contains(#""msg_2999""#) == true)
    }

    @Test("typing; only agents are told on which device")
    func typing() {
        let agent = Typing(conversation: "conv_1", app: "app", side: .agent, isTyping: true)
        let agentText = #"{"type":"agent.typing","conversation_id":"conv_1","is_typing":true}"#
        #expect(both(.typing(agent)) == [agentText, agentText])
        let user = Typing(conversation: "conv_1", app: "app", side: .user("phone"), isTyping: false)
        #expect(
            both(.typing(user)) == [
                #"{"type":"user.typing","conversation_id":"conv_1","is_typing":false}"#,
                #"{"type":"user.typing","conversation_id":"conv_1","device_id":"phone","is_typing":false}"#,
            ])
    }

    @Test("what this protocol has no word for is not carried")
    func others() {
        #expect(both(.conversationUpdated(conversation)) == [nil, nil])
        #expect(both(.presenceChanged(DeviceIdentity(app: "app", device: "phone"), isOnline: true)) == [nil, nil])
    }
}
