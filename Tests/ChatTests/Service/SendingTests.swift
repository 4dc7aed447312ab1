import PluginAPI
import Testing

@testable import ChatPlugin

@Suite("Sending messages")
struct SendingTests {
    private let bench = Bench()

    private func code(of draft: MessageDraft, to id: ConversationID, in scope: ConversationScope? = nil) async
        -> ChatError.Code?
    {
        do {
            _ = try await bench.service.send(draft, to: id, in: scope ?? bench.scope, as: .user)
            return nil
        } catch {
            return (error as? ChatError)?.code
        }
    }

    @Test("a message is published once, to the conversation and the app's agents")
    func published() async throws {
        let id = try await bench.conversation()
        let message = try await bench.send("hello", to: id, as: .user)
        #expect(message.createdAt == bench.clock.now && message.status == .sent)
        #expect(message.id.rawValue.hasPrefix("msg_"))
        #expect(message.localID.rawValue.utf8.count == 36)
        #expect(bench.heard.names == ["created hello"])
        #expect(bench.heard.topics == [[.conversation(id), .app("app")]])
    }

    @Test("a repeat of the local id answers what was stored and publishes nothing")
    func repeated() async throws {
        let id = try await bench.conversation()
        let first = try await bench.service.send(
            MessageDraft(localID: "l", body: "one"), to: id, in: bench.scope, as: .user)
        let again = try await bench.service.send(
            MessageDraft(localID: "l", body: "two"), to: id, in: bench.scope, as: .user)
        #expect(first == again)
        #expect(bench.heard.names == ["created one"])
    }

    @Test("a body has 1 to 5,000 UTF-16 units, however many bytes these take")
    func lengths() async throws {
        let id = try await bench.conversation()
        let longest = [
            String(repeating: "x", count: 5000), String(repeating: "€", count: 5000),
            String(repeating: "😀", count: 2500), " ",
        ]
        for body in longest { #expect(await code(of: MessageDraft(localID: nil, body: body), to: id) == nil) }
        let tooLong = [
            String(repeating: "x", count: 5001), String(repeating: "€", count: 5001),
            String(repeating: "😀", count: 2500) + "x",
        ]
        for body in tooLong {
            #expect(await code(of: MessageDraft(localID: nil, body: body), to: id) == .messageTooLong)
        }
        #expect(await code(of: MessageDraft(localID: nil, body: ""), to: id) == .invalidPayload)
        #expect(await code(of: MessageDraft(localID: "", body: "x"), to: id) == .invalidPayload)
        #expect(bench.heard.names.count == longest.count)
    }

    @Test("a conversation of another device or app is not found, as one that does not exist")
    func scope() async throws {
        let id = try await bench.conversation()
        let draft = MessageDraft(localID: nil, body: "x")
        let stranger = ConversationScope.device(DeviceIdentity(app: "app", device: "tablet"))
        #expect(await code(of: draft, to: id, in: stranger) == .conversationNotFound)
        #expect(await code(of: draft, to: id, in: .app("other")) == .conversationNotFound)
        #expect(await code(of: draft, to: "conv_none") == .conversationNotFound)
        #expect(bench.heard.names.isEmpty)
    }

    @Test("a user's message reopens a resolved conversation, and that is heard first; an agent's does not")
    func reopening() async throws {
        let id = try await bench.conversation()
        _ = try await bench.service.setStatus(.resolved, of: id, in: .app("app"))
        _ = try await bench.send("note", to: id, as: .agent)
        _ = try await bench.send("again", to: id, as: .user)
        #expect(bench.heard.names == ["updated resolved", "created note", "updated open", "created again"])
    }

    @Test("a store that is away is told with its advice, and nothing is published")
    func failure() async throws {
        let id = try await bench.conversation()
        bench.store.state.withLock { $0.failures = [ChatError(.unavailable, "away", retryAfter: .seconds(3))] }
        let error = await #expect(throws: ChatError.self) { try await bench.send("x", to: id, as: .user) }
        #expect(error?.code == .unavailable && error?.retryAfter == .seconds(3))
        #expect(bench.heard.names.isEmpty)
    }
}
