import Foundation
import NIOPosix
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

        /// How many rounds a writer has got through.
        private final class Rounds: @unchecked Sendable {  // What changes is touched under the lock alone.
            private let changed = NSCondition()
            private var count = 0
            private var hasEnded = false

            func finishedOne() { change { count += 1 } }
            func end() { change { hasEnded = true } }

            /// Blocks until a round is finished that begins from now on, or there will be none.
            func another() {
                changed.withLock {
                    // One may be under way.
                    let goal = count + 2
                    while count < goal && !hasEnded { changed.wait() }
                }
            }

            private func change(_ body: () -> Void) {
                changed.withLock {
                    body()
                    changed.broadcast()
                }
            }
        }

        /// The old server at work: a lock that it waits for and does not get ends it.
        private static func work(
            _ url: String, _ age: SchemaAge, writer: Int, finishing finished: Rounds, until stop: Flag
        ) throws {
            // Also when it throws: who waits for a round must not wait for ever.
            defer { finished.end() }
            let session = try SQLSession(url)
            // So long a lock is held by who waits for this work meanwhile, and by no statement of a busy machine.
            try session.run("SET lock_timeout = '20s'")
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
                finished.finishedOne()
            }
        }

        @Test("lets the old server do its work between any two steps", arguments: SchemaAge.allCases)
        func adopting(_ age: SchemaAge) async throws {
            let database = try await TestDatabase.reference(age, messages: 3_000)
            let url = database.url
            let stop = Flag()
            let (first, second) = (Rounds(), Rounds())
            async let one = DedicatedThread.run(named: "test") {
                try Self.work(url, age, writer: 1, finishing: first, until: stop)
            }
            async let other = DedicatedThread.run(named: "test") {
                try Self.work(url, age, writer: 2, finishing: second, until: stop)
            }
            let result: Result<Void, any Error>
            do {
                try await database.schemaWork { connection in
                    let adopter = Adopter(connection: connection) { news in
                        guard case .finished = news else { return }
                        for rounds in [first, second] { rounds.another() }
                    }
                    for rounds in [first, second] { rounds.another() }
                    try adopter.adopt(from: age)
                }
                result = .success(())
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
                let stored = "SELECT count(*) FROM messages WHERE conversation_id = 'conv_final'"
                do {
                    try await soon("it serves") { try await database.value(stored) != "0" }
                    result = .success(try await database.schemaWork { try Adopter(connection: $0).finalize() })
                } catch {
                    result = .failure(error)
                }
                stop.set()
                let count = try await sent
                try result.get()
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
                    try await MultiThreadedEventLoopGroup.singleton.pause(for: .milliseconds(5))
                }
            }
        }

        /// Sends one message after the other and reads it back, a few of them after the end; answers how many.
        private static func send(
            to conversation: ConversationID, of app: AppID, in store: PostgresStore, until stop: Flag
        ) async throws -> Int {
            var count = 0
            var last: Int64 = 0
            var left = 10
            while !stop.isSet || left > 0 {
                if stop.isSet { left -= 1 }
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
