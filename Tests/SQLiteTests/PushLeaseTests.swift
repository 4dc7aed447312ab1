import GRDB
import PluginAPI
import Testing

@testable import SQLitePlugin

@Suite("SQLite store: who holds a push")
struct PushLeaseTests {
    private func time(_ milliseconds: Int64) -> Timestamp { Timestamp(milliseconds: milliseconds) }

    private func claim(_ lease: PushLease, at now: Int64, until: Int64) -> PushClaim {
        PushClaim(lease: lease, until: time(until), limit: 100, at: time(now))
    }

    /// Messages with pushes that are due, in one conversation.
    private func push(_ count: Int, in store: SQLiteStore) async throws -> (app: AppID, ids: [MessageID]) {
        let place = try await store.makeConversation()
        var ids: [MessageID] = []
        for number in 0..<count {
            let new = NewMessage(
                id: MessageID("m\(number)"), localID: LocalMessageID("l\(number)"), conversation: place.conversation,
                scope: .app(place.app), sender: .agent, body: "Hello", at: time(1),
                push: PushIntent(due: time(Int64(number)), expires: time(100_000)))
            ids.append(try #require(try await store.append(new) { _ in }).message.id)
        }
        return (place.app, ids)
    }

    @Test("another process that opens the file holds none of them, before and after the first one died")
    func processes() async throws {
        let file = try TemporaryDatabase()
        try await file.withStore { first in
            let ids = try await push(3, in: first).ids
            #expect(try await first.claimPushes(claim("one", at: 10, until: 50)).map(\.message) == ids)
            // As a process that died would have left it.
            try await file.withStore { (second) async throws in
                #expect(try await second.claimPushes(claim("two", at: 49, until: 90)).isEmpty)
                #expect(try await second.pushBacklog(atMost: 10).nextDue == time(50))
                #expect(try await second.claimPushes(claim("two", at: 50, until: 90)).map(\.message) == ids)
            }
            #expect(try await first.claimPushes(claim("one", at: 60, until: 99)).isEmpty)
        }
    }

    @Test("taking a push and giving it up leaves its row alone but for what became of it")
    func rows() async throws {
        try await TemporaryDatabase().withStore { store in
            let (app, ids) = try await push(2, in: store)
            #expect(try await store.pushBacklog(atMost: 10).nextDue == time(0))
            _ = try await store.claimPushes(claim("one", at: 10, until: 50))
            #expect(try await store.pushRecord(of: ids[0], in: app)?.dueAt == time(0))
            #expect(try await store.pushBacklog(atMost: 10).nextDue == time(50))
            #expect(try await leases(store) == 2)
            let results = [
                PushResult(ids[0], .settled(.sent)),
                PushResult(ids[1], .again(due: time(20), hold: .quiet, isAttempt: false)),
            ]
            try await store.settlePushes(results, of: app, lease: "one", at: time(12))
            #expect(try await leases(store) == 0)
            // It is due long before the lease would have ended.
            #expect(try await store.pushBacklog(atMost: 10).nextDue == time(20))
            #expect(try await store.claimPushes(claim("two", at: 20, until: 90)).map(\.message) == [ids[1]])
        }
    }

    @Test("what the holder of an ended lease never gave back is forgotten with old pushes, and wakes nobody before")
    func forgotten() async throws {
        try await TemporaryDatabase().withStore { store in
            let (app, ids) = try await push(2, in: store)
            _ = try await store.claimPushes(claim("one", at: 10, until: 50))
            #expect(try await store.cancelPushes(of: ["phone"], in: app, because: "it came", at: time(49)) == 0)
            #expect(try await store.cancelPushes(of: ["phone"], in: app, because: "it came", at: time(50)) == 2)
            #expect(try await store.pushBacklog(atMost: 10).nextDue == nil)
            #expect(try await leases(store) == 2)
            #expect(try await store.prunePushes(settledBefore: time(0), limit: 10) == 0)
            #expect(try await leases(store) == 0)
            try await store.settlePushes([PushResult(ids[0], .settled(.sent))], of: app, lease: "one", at: time(60))
            #expect(try await store.pushRecord(of: ids[0], in: app)?.state == .cancelled)
        }
    }

    @Test("what was put off while it was looked at is not taken as it was")
    func stale() async throws {
        try await TemporaryDatabase().withStore { store in
            _ = try await push(1, in: store)
            let seen = try await store.snapshot { try $0.duePushes(claim("one", at: 10, until: 50)) }
            #expect(seen.count == 1)
            try await store.pool.write { try $0.execute(sql: "UPDATE push_outbox SET due_at = 5") }
            #expect(try await store.take(seen, for: claim("one", at: 10, until: 50)).isEmpty)
            #expect(try await store.claimPushes(claim("one", at: 10, until: 50)).count == 1)
        }
    }

    @Test("more results than a transaction takes are all noted")
    func many() async throws {
        try await TemporaryDatabase().withStore { store in
            let (app, ids) = try await push(250, in: store)
            for _ in 0..<3 { _ = try await store.claimPushes(claim("one", at: 300, until: 500)) }
            #expect(try await leases(store) == 250)
            try await store.settlePushes(
                ids.map { PushResult($0, .settled(.sent)) }, of: app, lease: "one", at: time(310))
            #expect(try await leases(store) == 0)
            #expect(try await store.pushBacklog(atMost: 1_000).waiting == 0)
            let sent = try await store.sentPushes(to: ["phone", "none"], in: app, since: time(310))
            #expect(sent == ["phone": Array(repeating: time(310), count: 250)])
        }
    }

    private func leases(_ store: SQLiteStore) async throws -> Int? {
        try await store.pool.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM push_leases") }
    }
}
