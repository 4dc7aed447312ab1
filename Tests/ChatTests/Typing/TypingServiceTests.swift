import Dispatch
import NIOEmbedded
import PluginAPI
import Testing

@testable import ChatPlugin

@Suite("Typing through the chat")
struct TypingServiceTests {
    private let bench = Bench()

    @Test("typing goes to the conversation only, and ends by the loop's timer")
    func expiry() async {
        bench.service.typing(bench.typing("c"), by: "1")
        await bench.loop.advanceTime(by: .seconds(4))
        bench.service.typing(bench.typing("c"), by: "1")
        await bench.loop.advanceTime(by: .milliseconds(5999))
        #expect(bench.heard.names == ["user types"])
        await bench.loop.advanceTime(by: .milliseconds(1))
        #expect(bench.heard.names == ["user types", "user rests"])
        #expect(bench.heard.topics == [[.conversation("c")], [.conversation("c")]])
        await bench.loop.advanceTime(by: .seconds(60))
        #expect(bench.heard.names.count == 2)
    }

    @Test("leaving ends it once, and stopping what never began says nothing")
    func leave() async {
        bench.service.leave("c", connection: "1")
        bench.service.typing(bench.typing("c", false), by: "1")
        bench.service.typing(bench.typing("c"), by: "1")
        bench.service.leave("c", connection: "1")
        bench.service.leave("c", connection: "1")
        await bench.loop.run()
        #expect(bench.heard.names == ["user types", "user rests"])
    }

    @Test("a message of the typing side ends it after the message, one of the other side does not")
    func message() async throws {
        let id = try await bench.conversation()
        bench.service.typing(bench.typing(id, side: .agent), by: "1")
        await bench.loop.run()
        _ = try await bench.send("question", to: id, as: .user)
        await bench.loop.run()
        _ = try await bench.send("answer", to: id)
        await bench.loop.run()
        #expect(bench.heard.names == ["agent types", "created question", "created answer", "agent rests"])
    }

    @Test("a message sent right after a start, before the loop turned, ends it too")
    func race() async throws {
        let id = try await bench.conversation()
        let held = DispatchSemaphore(value: 0)
        bench.loop.execute { held.wait() }
        bench.service.typing(bench.typing(id, side: .agent), by: "1")
        do {
            defer { held.signal() }
            _ = try await bench.send("answer", to: id)
        }
        await bench.loop.run()
        #expect(bench.heard.names == ["created answer", "agent types", "agent rests"])
    }
}
