import PluginAPI
import Testing

@testable import ChatPlugin

@Suite("Receipts")
struct ReceiptTests {
    private let bench = Bench()

    @Test("each delivered message is told once, in the given order, repetitions and repeats not at all")
    func delivered() async throws {
        let id = try await bench.conversation()
        let first = try await bench.send("1", to: id)
        let second = try await bench.send("2", to: id)
        bench.heard.forget()
        bench.clock.advance(by: .seconds(9))
        let ids = [second.id, first.id, second.id, "msg_none"]
        let receipts = try await bench.service.markDelivered(ids, in: id, scope: bench.scope)
        #expect(receipts.map(\.message) == [second.id, first.id])
        #expect(receipts.allSatisfy { $0.status == .delivered && $0.updatedAt == bench.clock.now })
        #expect(bench.heard.names == ["status DELIVERED", "status DELIVERED"])
        #expect(bench.heard.topics.allSatisfy { $0 == [.conversation(id), .app("app")] })
        #expect(try await bench.service.markDelivered(ids, in: id, scope: bench.scope).isEmpty)
        #expect(bench.heard.names.count == 2)
    }

    @Test("a read call is told once, however many messages it moved, and not at all if none")
    func read() async throws {
        let id = try await bench.conversation()
        for body in ["1", "2", "3"] { _ = try await bench.send(body, to: id) }
        bench.heard.forget()
        #expect(try await bench.service.markRead(upTo: nil, in: id, scope: bench.scope).count == 3)
        #expect(try await bench.service.markRead(upTo: nil, in: id, scope: bench.scope).isEmpty)
        #expect(bench.heard.names == ["read 3"])
    }

    @Test("a status moves forward and is told; a step back answers the stored one and is not")
    func status() async throws {
        let id = try await bench.conversation()
        let message = try await bench.send("1", to: id)
        bench.heard.forget()
        let receipt = try await bench.service.setStatus(.read, of: message.id, in: id, scope: bench.scope)
        #expect(receipt.status == .read)
        let back = try await bench.service.setStatus(.delivered, of: message.id, in: id, scope: bench.scope)
        #expect(back.status == .read)
        #expect(bench.heard.names == ["status READ"])
    }

    @Test("what is not there is named: the message within the conversation, the conversation outside the scope")
    func missing() async throws {
        let id = try await bench.conversation()
        let service = bench.service
        let message = await #expect(throws: ChatError.self) {
            try await service.setStatus(.read, of: "msg_none", in: id, scope: bench.scope)
        }
        #expect(message?.code == .messageNotFound)
        let other = ConversationScope.app("other")
        let calls: [() async throws -> Void] = [
            { _ = try await service.setStatus(.read, of: "m", in: id, scope: other) },
            { _ = try await service.markDelivered(["m"], in: id, scope: other) },
            { _ = try await service.markRead(upTo: nil, in: id, scope: other) },
            { _ = try await service.messages(of: id, in: other, createdAfter: nil, limit: 1) },
            { _ = try await service.messages(of: id, in: other, afterSequence: 0, limit: 1) },
            { _ = try await service.conversation(id, in: other) },
            { _ = try await service.setStatus(.resolved, of: id, in: other) },
        ]
        for call in calls {
            let error = await #expect(throws: ChatError.self) { try await call() }
            #expect(error?.code == .conversationNotFound)
        }
    }

    @Test("one call marks at most 500 messages")
    func bound() async throws {
        let id = try await bench.conversation()
        let ids = (0...500).map { MessageID(rawValue: "msg_\($0)") }
        let error = await #expect(throws: ChatError.self) {
            try await bench.service.markDelivered(ids, in: id, scope: bench.scope)
        }
        #expect(error?.code == .validation)
        #expect(try await bench.service.markDelivered(Array(ids.dropLast()), in: id, scope: bench.scope).isEmpty)
    }

    @Test("page limits are clamped: 200 for devices and by number, 1,000 for agents by time")
    func clamps() async throws {
        let id = try await bench.conversation()
        func used(_ scope: ConversationScope, byTime: Bool, _ limit: Int) async throws -> Int {
            if byTime {
                _ = try await bench.service.messages(of: id, in: scope, createdAfter: nil, limit: limit)
            } else {
                _ = try await bench.service.messages(of: id, in: scope, afterSequence: 0, limit: limit)
            }
            return bench.store.state.withLock { $0.lastPageLimit }
        }
        #expect(try await used(bench.scope, byTime: true, .max) == 200)
        #expect(try await used(.app("app"), byTime: true, .max) == 1000)
        #expect(try await used(.app("app"), byTime: false, .max) == 200)
        #expect(try await used(bench.scope, byTime: true, -5) == 1)
        #expect(try await used(bench.scope, byTime: false, 50) == 50)
    }
}
