import PluginAPI
import Testing

@testable import ChatPlugin

@Suite("Conversations and devices")
struct ConversationTests {
    private let bench = Bench()

    @Test("opening tells subscribers, and nobody else, whether it is new")
    func opening() async throws {
        let first = try await bench.service.openConversation(for: bench.phone, user: nil, deviceContext: nil)
        let again = try await bench.service.openConversation(for: bench.phone, user: nil, deviceContext: nil)
        #expect(first == again)
        #expect(first.id.rawValue.hasPrefix("conv_") && first.visitorID.rawValue.hasPrefix("vis_"))
        #expect(bench.heard.names == ["opened true", "opened false"])
        // Of no topic: nodes hear of it, clients do not.
        #expect(bench.heard.topics == [[], []])
    }

    @Test("opening uses the user's id and stores no profile")
    func profile() async throws {
        let user = UserProfile(id: "u", name: "Ada")
        let opened = try await bench.service.openConversation(for: bench.phone, user: user, deviceContext: nil)
        #expect(opened.userID == "u")
        #expect(bench.store.state.withLock { $0.identified.isEmpty })
    }

    @Test("resolving is told to both sides once")
    func status() async throws {
        let id = try await bench.conversation()
        #expect(try await bench.service.setStatus(.resolved, of: id, in: .app("app")).status == .resolved)
        _ = try await bench.service.setStatus(.resolved, of: id, in: .app("app"))
        #expect(bench.heard.names == ["updated resolved"])
        #expect(bench.heard.topics == [[.conversation(id), .app("app")]])
    }

    @Test("identifying is told after it was stored, and not when that failed")
    func identify() async throws {
        try await bench.service.identify(UserProfile(id: "u"), on: bench.phone)
        bench.store.state.withLock { $0.failures = [ChatError(.unavailable, "away")] }
        await #expect(throws: ChatError.self) {
            try await bench.service.identify(UserProfile(id: "v"), on: bench.phone)
        }
        #expect(bench.heard.names == ["identified u"])
    }

    @Test("a user id has 1 to 255 characters")
    func userID() async throws {
        for id in ["", String(repeating: "x", count: 256)] {
            let user = UserProfile(id: UserID(rawValue: id))
            let identified = await #expect(throws: ChatError.self) {
                try await bench.service.identify(user, on: bench.phone)
            }
            let opened = await #expect(throws: ChatError.self) {
                try await bench.service.openConversation(for: bench.phone, user: user, deviceContext: nil)
            }
            #expect(identified?.code == .validation && opened?.code == .validation)
        }
        let longest = UserProfile(id: UserID(rawValue: String(repeating: "x", count: 255)))
        try await bench.service.identify(longest, on: bench.phone)
    }

    @Test("a push token has at least ten characters")
    func pushToken() async throws {
        func register(_ text: String) async throws {
            let token = PushToken(token: text, provider: .fcm, platform: .android)
            try await bench.service.registerPushToken(token, of: bench.phone)
        }
        await #expect(throws: ChatError.self) { try await register("123456789") }
        try await register("1234567890")
        #expect(bench.store.state.withLock { $0.pushTokens.map(\.token) } == ["1234567890"])
    }
}
