import PluginAPI
import Testing

/// What `kill -9` may do to a store: nothing. A process that writes is killed again and again, and each time all that
/// it was told to be stored must be there, once.
public struct StoreCrash: Sendable {
    /// Where the writing process is pointed at: its first argument.
    let location: String
    let rounds: Int
    /// Opens the store for a while, when the writing process is gone.
    let withStore: @Sendable (_ body: (any Store) async throws -> Void) async throws -> Void

    /// Makes the check for a store that the `StoreWriter` can open too.
    public init(
        location: String,
        rounds: Int = 12,
        withStore: @escaping @Sendable (_ body: (any Store) async throws -> Void) async throws -> Void
    ) {
        self.location = location
        self.rounds = rounds
        self.withStore = withStore
    }

    /// Numbers that look random and are the same in each run.
    private struct SplitMix: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }

    /// Expectations are recorded for the running test.
    public func check() async throws {
        let executable = try ChildProcess.besideThisOne("StoreWriter")
        let place = try await makePlace()
        var random = SplitMix(state: 20_261_123)
        var expected = 0
        var wasInterrupted = false
        for round in 0..<rounds {
            let child = try ChildProcess(
                executable, [location, place.app.rawValue, place.conversation.rawValue, "\(round)"])
            let lines = try await child.linesKilling(after: Int.random(in: 1...150, using: &random))
            let words = lines.map { $0.split(separator: " ").map(String.init) }
            let tried = words.filter { $0.first == "try" && $0.count == 2 }.map { $0[1] }
            let acknowledged = words.filter { $0.first == "ack" && $0.count == 3 }.map { (local: $0[1], id: $0[2]) }
            #expect(!acknowledged.isEmpty)
            wasInterrupted = wasInterrupted || acknowledged.count < tried.count

            try await withStore { store in
                let found = try await everything(in: place, store)
                #expect(Set(found.map(\.localID)).count == found.count)
                #expect(found.count >= expected + acknowledged.count)
                #expect(found.count <= expected + tried.count)
                let byLocal = Dictionary(found.map { ($0.localID.rawValue, $0) }) { first, _ in first }
                for one in acknowledged { #expect(byLocal[one.local]?.id.rawValue == one.id) }
                try await checkPushes(of: found, in: place, store)

                for local in tried {
                    let again = try #require(try await store.append(message(local, to: place)) { _ in })
                    #expect(again.isNew == (byLocal[local] == nil))
                }
            }
            expected += Set(tried).count
            let total = expected
            try await withStore { store in
                let whole = try await everything(in: place, store)
                #expect(whole.count == total)
                let head = try await store.conversation(place.conversation, in: .app(place.app))
                #expect(head?.lastMessageID == whole.last?.id)
            }
        }
        #expect(wasInterrupted, "no kill ever hit an unacknowledged message")
    }

    private typealias Place = (app: AppID, conversation: ConversationID)

    private func makePlace() async throws -> Place {
        let app = AppID(IDGenerator.uuidV4())
        let new = NewConversation(
            id: ConversationID(IDGenerator.conversation()), visitorID: VisitorID(IDGenerator.visitor()),
            owner: DeviceIdentity(app: app, device: "phone"), userID: nil, deviceContext: nil, at: .epoch)
        try await withStore { store in
            try await store.createApp(App(id: app, name: "Test", createdAt: .epoch), keyHash: "hash \(app)")
            #expect(try await store.openConversation(new).isNew)
        }
        return (app, new.id)
    }

    private func message(_ local: String, to place: Place) -> NewMessage {
        NewMessage(
            id: MessageID(IDGenerator.message()), localID: LocalMessageID(local), conversation: place.conversation,
            scope: .app(place.app), sender: .user, body: "again", at: .epoch)
    }

    /// What the killed process wrote for agents has one push each, and nothing else has one.
    private func checkPushes(of messages: [Message], in place: Place, _ store: any Store) async throws {
        var waiting: [MessageID] = []
        while true {
            let claim = PushClaim(
                lease: PushLease(IDGenerator.uuidV4()), until: .now() + .seconds(60), limit: 500,
                at: .now() + .seconds(1), app: place.app)
            let rows = try await store.claimPushes(claim)
            if rows.isEmpty { break }
            waiting += rows.map(\.message)
            let again = rows.map { PushResult($0.message, .settled(.sent)) }
            try await store.settlePushes(again, of: place.app, lease: claim.lease, at: .now())
        }
        for message in messages {
            let record = try await store.pushRecord(of: message.id, in: place.app)
            #expect((record != nil) == (message.sender == .agent))
        }
        #expect(Set(waiting).count == waiting.count && Set(waiting).isSubset(of: messages.map(\.id)))
    }

    /// All messages, over as many pages as it takes.
    private func everything(in place: Place, _ store: any Store) async throws -> [Message] {
        var seen: [Message] = []
        while let page = try await store.messages(
            of: place.conversation, in: .app(place.app), afterSequence: seen.last?.sequence ?? 0, limit: 1_000)
        {
            seen += page.messages
            if !page.hasMore { break }
        }
        return seen
    }
}
