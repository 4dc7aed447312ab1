import NIOCore
import Testing

@testable import LegacyWSPlugin

@Suite("Messages of old clients")
struct LegacyMessageTests {
    private func read(_ text: String) -> LegacyMessage { LegacyMessage(ByteBuffer(string: text)) }

    @Test("each type is read, in whatever order its fields are, with whatever else there is")
    func types() {
        #expect(read(#"{"type":"ping"}"#) == .ping)
        #expect(read(#"{"conversation_id":"c","x":[1,{}],"type":"subscribe"}"#) == .subscribe("c"))
        #expect(read(#"{"type":"unsubscribe","conversation_id":"c"}"#) == .unsubscribe("c"))
        #expect(
            read(#"{"type":"user.typing","conversation_id":"c","is_typing":false}"#) == .typing("c", isTyping: false))
        #expect(read(#" {"type":"user.typing","conversation_id":"c"} "#) == .typing("c", isTyping: true))
        #expect(
            read(#"{"type":"user.typing","conversation_id":"c","is_typing":null}"#) == .typing("c", isTyping: true))
    }

    @Test(
        "unknown types and missing or wrong fields mean nothing",
        arguments: [
            "{}", "[]", "1", "null", #""ping""#, #"{"type":1}"#, #"{"type":"PING"}"#, #"{"type":"subscribe"}"#,
            #"{"type":"subscribe","conversation_id":7}"#, #"{"type":"subscribe","conversation_id":""}"#,
            #"{"type":"user.typing","is_typing":true}"#,
            #"{"type":"user.typing","conversation_id":"c","is_typing":"yes"}"#,
            #"{"type":"message.new","conversation_id":"c"}"#,
        ])
    func meaningless(_ text: String) {
        #expect(read(text) == .meaningless)
    }

    @Test(
        "what is no JSON is told, also when it only grows too deep or too large",
        arguments: [
            "", "{", "ping", #"{"type":"ping"}}"#, "{'type':'ping'}", #"{"type":"ping"}{"type":"ping"}"#,
            String(repeating: "[", count: 17) + String(repeating: "]", count: 17),
            "[" + String(repeating: "0,", count: 1_000) + "0]",
        ])
    func invalid(_ text: String) {
        #expect(read(text) == .invalidJSON)
    }

    @Test("every cut of a message is no JSON")
    func cut() {
        let whole = Array(#"{"type":"subscribe","conversation_id":"conv_é"}"#.utf8)
        for end in whole.indices { #expect(LegacyMessage(ByteBuffer(bytes: whole[..<end])) == .invalidJSON) }
    }
}
