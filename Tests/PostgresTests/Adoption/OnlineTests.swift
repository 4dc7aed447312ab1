import PluginAPI
import Synchronization
import Testing

@testable import PostgresPlugin

extension TakingOver {
    @Suite("Taking a database over while it is in use")
    struct OnlineTests {
        private final class Flag: Sendable {
            private let value = Mutex(false)
            var isSet: Bool { value.withLock { $0 } }
            func set() { value.withLock { $0 = true } }
        }

        /// The old server at work: every statement fails that waits half a second for a lock.
        private static func work(
            _ url: String, _ age: SchemaAge, writer: Int, began: AsyncStream<Void>.Continuation, until stop: Flag
        ) throws {
            // Also when it throws: who waits for the first round must not wait for ever.
            defer { began.finish() }
            let session = try SQLSession(url)
            try session.run("SET lock_timeout = '500ms'")
            let old = OldServer(age: age, session: session)
            let some = "SELECT id FROM conversations WHERE app_id = 'app-1' ORDER BY id LIMIT 50"
            let conversations = try session.run(some)
            var rounds = 0
            // It goes on for a while on what was taken over.
            while !stop.isSet || rounds < 10 {
                let (round, name) = (rounds, "\(writer)_\(rounds)")
                let conversation = conversations[round % conversations.count][0] ?? ""
                let actions: [() throws -> Void] = [
                    { try old.insertMessage("msg_w\(name)", in: conversation) },
                    { try old.setStatus("DELIVERED", ofMessage: "msg_w\(name)") },
                    { _ = try old.messages(of: conversation, after: 0) },
                    { _ = try old.upsertMessage("msg_x\(name)", local: "local-msg_w\(name)", in: conversation) },
                    // Both writers make the same anonymous conversations.
                    { try old.insertConversation("conv_w\(name)", app: "app-1", device: "device-w\(round)") },
                    { try old.upsertDevice(app: "app-1", device: "device-w\(writer)-\(round)", user: "user-w") },
                    {
                        try old.setPushToken(
                            "token-w\(round)", app: "app-1", device: "device-w\(writer)-\(round)", platform: "ios")
                    },
                ]
                for action in actions { try action() }
                rounds += 1
                if rounds == 1 { began.yield() }
            }
        }

        @Test("keeps the old server waiting for no lock for half a second", arguments: SchemaAge.allCases)
        func adopting(_ age: SchemaAge) async throws {
            let database = try await TestDatabase.reference(age, messages: 3_000)
            let url = database.url
            let stop = Flag()
            let (first, firstBegan) = AsyncStream<Void>.makeStream()
            let (second, secondBegan) = AsyncStream<Void>.makeStream()
            async let one = DedicatedThread.run(named: "test") {
                try Self.work(url, age, writer: 1, began: firstBegan, until: stop)
            }
            async let other = DedicatedThread.run(named: "test") {
                try Self.work(url, age, writer: 2, began: secondBegan, until: stop)
            }
            for began in [first, second] { _ = await began.first { true } }
            let result: Result<Void, any Error>
            do {
                result = .success(try await database.schemaWork { try Adopter(connection: $0).adopt(from: age) })
            } catch {
                result = .failure(error)
            }
            stop.set()
            _ = try await [one, other]
            try result.get()
            for (rule, question) in DerivedColumns.questions {
                #expect(try await database.value(question) == "0", "\(rule)")
            }
        }

        @Test("goes on serving while it is finalized", arguments: SchemaAge.allCases)
        func finalizing(_ age: SchemaAge) async throws {
            let database = try await TestDatabase.adopted(age, messages: 3_000)
            let stop = Flag()
            try await database.withStore { store in
                let app = AppID("app-1")
                let (conversation, _) = try await store.openConversation(
                    NewConversation(
                        id: ConversationID("conv_final"), visitorID: VisitorID("vis"),
                        owner: DeviceIdentity(app: app, device: DeviceID("phone")), userID: nil, deviceContext: nil,
                        at: Timestamp(milliseconds: 1_770_000_000_000)))
                async let sent = Self.send(to: conversation.id, of: app, in: store, until: stop)
                let result: Result<Void, any Error>
                do {
                    result = .success(try await database.schemaWork { try Adopter(connection: $0).finalize() })
                } catch {
                    result = .failure(error)
                }
                stop.set()
                let count = try await sent
                try result.get()
                #expect(count > 10)
                let stored = "SELECT count(*) FROM messages WHERE conversation_id = 'conv_final'"
                #expect(try await database.value(stored) == "\(count)")
            }
            for (rule, question) in DerivedColumns.questions {
                #expect(try await database.value(question) == "0", "\(rule)")
            }
        }

        /// Tries again as a client does: a session may have prepared a statement that the new column changes.
        private static func insisting<Value>(_ body: () async throws -> Value) async throws -> Value {
            let deadline = ContinuousClock.now + .seconds(120)
            while true {
                do {
                    return try await body()
                } catch let error as ChatError where error.code == .unavailable && ContinuousClock.now < deadline {
                    await Task.yield()
                }
            }
        }

        /// Sends one message after the other and reads it back; answers how many.
        private static func send(
            to conversation: ConversationID, of app: AppID, in store: PostgresStore, until stop: Flag
        ) async throws -> Int {
            var count = 0
            var last: Int64 = 0
            while !stop.isSet {
                let new = NewMessage(
                    id: MessageID("msg_f\(count)"), localID: LocalMessageID("f\(count)"), conversation: conversation,
                    scope: .app(app), sender: .agent, body: "while finalizing",
                    at: Timestamp(milliseconds: 1_770_000_000_000 + Int64(count)))
                let stored = try #require(try await insisting { try await store.append(new) { _ in } })
                let page = try await insisting {
                    try await store.messages(of: conversation, in: .app(app), afterSequence: last, limit: 5)
                }
                #expect(page?.messages.map(\.id) == [new.id])
                #expect(stored.message.sequence > last)
                last = stored.message.sequence
                count += 1
            }
            return count
        }
    }
}
