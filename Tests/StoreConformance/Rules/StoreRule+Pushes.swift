import PluginAPI
import Testing

extension Scene {
    func intent(due: Int64 = 10, expires: Int64 = 100_000) -> PushIntent {
        PushIntent(due: at(due), expires: at(expires))
    }

    /// Stores a message that is to be pushed.
    func push(
        _ body: String, in conversation: ConversationID, due: Int64 = 10, at time: Timestamp = at(2)
    ) async throws -> MessageID {
        let new = new(body, to: conversation, from: .agent, at: time, push: intent(due: due))
        return try #require(try await store.append(new) { _ in }).message.id
    }

    func claim(
        _ lease: String = "one", at time: Int64 = 20, until: Int64 = 50, limit: Int = 100
    ) async throws -> [WaitingPush] {
        try await store.claimPushes(
            PushClaim(lease: PushLease("\(app)-\(lease)"), until: at(until), limit: limit, at: at(time), app: app))
    }

    func settle(_ results: [PushResult], _ lease: String = "one", at time: Int64 = 30) async throws {
        try await store.settlePushes(results, of: app, lease: PushLease("\(app)-\(lease)"), at: at(time))
    }

    func state(_ message: MessageID) async throws -> PushState? {
        try await store.pushRecord(of: message, in: app)?.state
    }
}

extension StoreRule {
    private static let token = PushToken(token: "token-9876543210", provider: .fcm, platform: .android)

    static let pushes = [
        StoreRule("a push is kept with its message, once, and comes with what sending it needs") { scene in
            let id = try await scene.open().conversation.id
            try await scene.store.setPushToken(token, of: scene.device(), at: at(1))
            let body = String(repeating: "né ", count: 1_000)
            let new = scene.new(body, to: id, from: .agent, push: scene.intent())
            let stored = try #require(try await scene.store.append(new) { _ in })
            var again = new
            again.id = MessageID(IDGenerator.message())
            #expect(try await scene.store.append(again) { _ in }?.isNew == false)
            #expect(try await scene.claim(at: 9).isEmpty)
            let claimed = try await scene.claim()
            let row = try #require(claimed.first)
            #expect(claimed.count == 1 && row.message == stored.message.id && row.conversation == id)
            #expect(row.device == scene.device() && row.createdAt == at(2) && row.expiresAt == at(100_000))
            #expect(row.attempts == 0 && row.firstAttemptAt == nil && row.hold == nil && row.token == token)
            #expect(row.content?.sender == .agent && row.content?.status == .sent)
            #expect(row.content.map { body.hasPrefix($0.body) && $0.body.count >= 2_100 } == true)
        },
        StoreRule("what a user writes, what nobody asked to push, and what was refused is never pushed") { scene in
            let id = try await scene.open().conversation.id
            _ = try await scene.store.append(scene.new("u", to: id, from: .user, push: scene.intent())) { _ in }
            _ = try await scene.store.append(scene.new("a", to: id, from: .agent)) { _ in }
            let nowhere = scene.new("n", to: "conv_none", from: .agent, push: scene.intent())
            #expect(try await scene.store.append(nowhere) { _ in } == nil)
            #expect(try await scene.claim().isEmpty)
        },
        StoreRule("a claimed push is nobody else's until the lease runs out, and then no longer the first one's") {
            scene in
            let id = try await scene.open().conversation.id
            let message = try await scene.push("a", in: id)
            #expect(try await scene.claim("one", until: 50).map(\.message) == [message])
            #expect(try await scene.claim("two", at: 49).isEmpty)
            #expect(try await scene.claim("two", at: 50, until: 90).map(\.message) == [message])
            try await scene.settle([PushResult(message, .settled(.failed))], "one", at: 51)
            #expect(try await scene.state(message) == .waiting)
            try await scene.settle([PushResult(message, .settled(.sent), detail: "id-1")], "two", at: 52)
            let record = try #require(try await scene.store.pushRecord(of: message, in: scene.app))
            #expect(record.state == .sent && record.settledAt == at(52) && record.detail == "id-1")
            #expect(record.dueAt == nil && record.createdAt == at(2) && record.device == scene.device())
            try await scene.settle([PushResult(message, .settled(.failed))], "two", at: 53)
            #expect(try await scene.state(message) == .sent)
            #expect(try await scene.claim("three", at: 1_000).isEmpty)
        },
        StoreRule("of twenty claims at once each push goes to one") { scene in
            let id = try await scene.open().conversation.id
            var all: Set<MessageID> = []
            for number in 0..<60 { all.insert(try await scene.push("\(number)", in: id)) }
            let claimed = try await withThrowingTaskGroup(of: [MessageID].self) { group in
                for number in 0..<20 { group.addTask { try await scene.claim("\(number)", limit: 7).map(\.message) } }
                return try await group.reduce(into: [MessageID]()) { $0 += $1 }
            }
            // Those that others hold at that moment are passed over, so there may be some left.
            let rest = try await scene.claim("rest", limit: 100).map(\.message)
            #expect(Set(claimed + rest) == all && claimed.count + rest.count == all.count)
        },
        StoreRule("a push that is put off counts its attempts and comes again when it is due") { scene in
            let id = try await scene.open().conversation.id
            let message = try await scene.push("a", in: id)
            _ = try await scene.claim()
            try await scene.settle([PushResult(message, .again(due: at(60), hold: .quiet, isAttempt: false))], at: 30)
            #expect(try await scene.claim("two", at: 59).isEmpty)
            let held = try #require(try await scene.claim("two", at: 60, until: 70).first)
            #expect(held.hold == .quiet && held.attempts == 0 && held.firstAttemptAt == nil)
            for attempt in 1...2 {
                let time = Int64(attempt) * 100
                let result = PushResult(message, .again(due: at(time), hold: .retry, isAttempt: true), detail: "503")
                try await scene.settle([result], attempt == 1 ? "two" : "three", at: 60 + time)
                let row = try #require(try await scene.claim("three", at: time, until: time + 50).first)
                #expect(row.attempts == attempt && row.firstAttemptAt == at(160) && row.hold == .retry)
            }
        },
        StoreRule("a device that comes cancels what waits for it, but nothing that is under way or another's") {
            scene in
            let other = try await scene.neighbour()
            let here = try await scene.open().conversation.id
            let tablet = try await scene.open(scene.device("tablet")).conversation.id
            let there = try await other.open().conversation.id
            let first = try await scene.push("a", in: here)
            #expect(try await scene.claim().map(\.message) == [first])
            let second = try await scene.push("b", in: here)
            let beside = try await scene.push("c", in: tablet)
            let theirs = try await other.push("d", in: there)
            let later = try await scene.push("e", in: here, at: at(26))
            let count = try await scene.store.cancelPushes(
                of: ["phone", "unknown"], in: scene.app, because: "it came", at: at(25))
            #expect(count == 1)
            #expect(try await scene.state(first) == .waiting)
            #expect(try await scene.state(second) == .cancelled)
            #expect(try await scene.state(later) == .waiting, "it was written after the device came")
            #expect(try await scene.state(beside) == .waiting)
            #expect(try await other.state(theirs) == .waiting)
            let records = try await scene.store.pushRecords(of: scene.device(), limit: 10)
            #expect(
                Set(records.map(\.message)) == [first, second, later] && records.contains { $0.detail == "it came" })
            #expect(try await scene.store.pushRecords(of: scene.device(), limit: 1).count == 1)
            // A lease that ran out protects nothing.
            #expect(try await scene.store.cancelPushes(of: ["phone"], in: scene.app, because: "", at: at(99)) == 2)
        },
        StoreRule("it is known when pushes were sent to a device, and old ones are forgotten") { scene in
            let id = try await scene.open().conversation.id
            var sent: [MessageID] = []
            for number in 0..<3 { sent.append(try await scene.push("\(number)", in: id)) }
            _ = try await scene.claim()
            // Long before everybody else's, as the tests share one store.
            for (number, message) in sent.enumerated() {
                let state = number == 2 ? PushState.merged : .sent
                try await scene.settle([PushResult(message, .settled(state))], at: -9_000_000_000 + Int64(number))
            }
            let since = try await scene.store.sentPushes(
                to: ["phone", "other"], in: scene.app, since: at(-9_000_000_000))
            #expect(since == ["phone": [at(-9_000_000_000), at(-8_999_999_999)]])
            let later = try await scene.store.sentPushes(to: ["phone"], in: scene.app, since: at(-8_999_999_999))
            #expect(later == ["phone": [at(-8_999_999_999)]])
            #expect(try await scene.store.prunePushes(settledBefore: at(-8_999_999_999), limit: 100) >= 1)
            #expect(try await scene.state(sent[0]) == nil)
            #expect(try await scene.state(sent[1]) == .sent)
            let waiting = try await scene.push("new", in: id)
            _ = try await scene.store.prunePushes(settledBefore: at(-8_999_999_000), limit: 100)
            #expect(try await scene.state(sent[2]) == nil)
            #expect(try await scene.state(waiting) == .waiting)
        },
        StoreRule("what is no longer worth sending ends, unless somebody holds it or it is to be looked at later") {
            scene in
            let id = try await scene.open().conversation.id
            // Long before everybody else's, as the tests share one store.
            func push(_ body: String, due: Int64, expires: Int64) async throws -> MessageID {
                let intent = PushIntent(due: at(due), expires: at(expires))
                let new = scene.new(body, to: id, from: .agent, at: at(-9_000_000_000), push: intent)
                let stored = try await scene.store.append(new) { _ in }
                // Not by `#require`, which gives a warning in a function inside a closure.
                guard let stored else { throw ChatError(.conversationNotFound, "the conversation is open") }
                return stored.message.id
            }
            let old = try await push("old", due: -9_000_000_000, expires: -8_000_000_000)
            let second = try await push("old too", due: -8_999_999_999, expires: -8_000_000_000)
            let held = try await push("held", due: -9_000_000_001, expires: -8_000_000_000)
            #expect(try await scene.claim("one", at: -9_000_000_001, until: -7_000_000_000).map(\.message) == [held])
            let later = try await push("later", due: -7_000_000_000, expires: -8_000_000_000)
            let good = try await push("good", due: -9_000_000_000, expires: 0)
            let now = at(-8_000_000_000)
            func expire(_ limit: Int) async throws -> Int {
                try await scene.store.expirePushes(because: "too late", at: now, limit: limit)
            }
            #expect(try await scene.store.expirePushes(because: "", at: at(-8_000_000_001), limit: 9) == 0)
            #expect(try await expire(1) == 1)
            #expect(try await scene.state(old) == .failed)
            #expect(try await scene.state(second) == .waiting)
            #expect(try await expire(9) == 1)
            #expect(try await expire(9) == 0)
            let record = try #require(try await scene.store.pushRecord(of: second, in: scene.app))
            #expect(record.state == .failed && record.detail == "too late" && record.settledAt == now)
            for message in [held, later, good] { #expect(try await scene.state(message) == .waiting) }
            try await scene.settle([PushResult(held, .settled(.sent))], at: -8_000_000_000)
            #expect(try await scene.state(held) == .sent)
        },
        StoreRule("what waits is counted up to a bound, and the next one is known") { scene in
            let id = try await scene.open(at: at(-9_000_000_000)).conversation.id
            for number in 0..<3 {
                _ = try await scene.push("\(number)", in: id, due: -9_000_000_000, at: at(-9_000_000_000))
            }
            let backlog = try await scene.store.pushBacklog(atMost: 2)
            #expect(backlog.waiting == 2)
            #expect(backlog.nextDue.map { $0 <= at(-9_000_000_000) } == true)
            #expect(backlog.oldest.map { $0 <= at(-9_000_000_000) } == true)
            #expect(try await scene.store.pushBacklog(atMost: 0).waiting == 0)
        },
        StoreRule("an app's wishes are kept beside its other settings, and an unknown app has none") { scene in
            let store = scene.store
            let policy = IdentityPolicy(secret: Secret("shared secret"), isRequired: true)
            _ = try await store.setIdentityPolicy(policy, of: scene.app, at: at(1))
            #expect(try await store.pushSettings(of: scene.app) == [:])
            #expect(try await store.setPushSettings(["title": "Grüße", "preview": 0], of: scene.app, at: at(2)))
            #expect(try await store.pushSettings(of: scene.app) == ["title": "Grüße", "preview": 0])
            #expect(try await store.setPushSettings(["enabled": false], of: scene.app, at: at(3)))
            #expect(try await store.pushSettings(of: scene.app) == ["enabled": false])
            #expect(try await store.setPushSettings(nil, of: scene.app, at: at(4)))
            #expect(try await store.pushSettings(of: scene.app) == [:])
            #expect(try await store.credentials(of: scene.app)?.identity == policy)
            let nobody = AppID(IDGenerator.uuidV4())
            #expect(try await store.pushSettings(of: nobody) == nil)
            #expect(try await !store.setPushSettings(["title": "x"], of: nobody, at: at(5)))
        },
        StoreRule("a push outlives its message's receipt and the device's token") { scene in
            let id = try await scene.open().conversation.id
            let message = try await scene.push("a", in: id)
            _ = try await scene.store.markDelivered([message], in: id, scope: .device(scene.device()), at: at(15))
            let row = try #require(try await scene.claim().first)
            #expect(row.content?.status == .delivered && row.token == nil)
        },
    ]
}
