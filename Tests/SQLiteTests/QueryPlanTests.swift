import GRDB
import GRDBSQLite
import PluginAPI
import Testing

@testable import SQLitePlugin

@Suite("SQLite store: plans")
struct QueryPlanTests {
    private let device: DeviceIdentity
    private let now = Timestamp(milliseconds: 1_000)
    private let user = UserProfile(id: "anna")

    init() { device = DeviceIdentity(app: "app", device: "phone") }

    @Test("no statement walks through more than it asks for, however many rows an app has")
    func plans() async throws {
        try await TemporaryDatabase().withStore(readers: 1) { store in
            try await use(store)
            let found = [
                try await store.read { try Self.badSteps(on: $0.database) },
                try await store.snapshot { try Self.badSteps(on: $0.database) },
                try await store.writer.write { try Self.badSteps(on: $0.connection.database) },
            ]
            #expect(found.allSatisfy { $0.statements >= 8 }, "\(found.map(\.statements))")
            #expect(found.flatMap(\.bad) == [])
        }
    }

    /// Calls what has statements of its own, so that they are prepared.
    private func use(_ store: SQLiteStore) async throws {
        try await store.createApp(App(id: device.app, name: "Test", createdAt: now), keyHash: "hash")
        let opened = try await store.openConversation(
            NewConversation(
                id: "c1", visitorID: "v1", owner: device, userID: nil, deviceContext: nil, at: now))
        let place = (app: device.app, conversation: opened.conversation.id)
        let stored = try #require(try await store.say("Hello", in: place, local: "l1"))
        _ = try await store.say("Hello", in: place, local: "l1")
        for scope in [ConversationScope.device(device), .app(device.app)] {
            _ = try await store.conversation(place.conversation, in: scope)
            _ = try await store.messages(of: place.conversation, in: scope, afterSequence: 0, limit: 10)
            _ = try await store.messages(of: place.conversation, in: scope, createdAfter: nil, limit: 10)
            let ids = [stored.message.id]
            _ = try await store.markDelivered(ids, in: place.conversation, scope: scope, at: now)
            _ = try await store.markRead(upTo: ids.first, in: place.conversation, scope: scope, at: now)
        }
        _ = try await store.latestConversation(of: device)
        _ = try await store.setStatus(.resolved, of: place.conversation, in: .app(device.app), at: now)
        try await store.identify(user, on: device, at: now)
        try await store.setPushToken(
            PushToken(token: "t", provider: .fcm, platform: .android), of: device, at: now)
        _ = try await store.pushToken(of: device)
        _ = try await store.clearPushToken("t", of: device, at: now)
        _ = try await store.claim(device, secretHash: "s", at: now)
        _ = try await store.proof(of: device)
        try await useDashboard(store)
        try await usePushes(store, place.conversation)
    }

    private func usePushes(_ store: SQLiteStore, _ conversation: ConversationID) async throws {
        let new = NewMessage(
            id: "m9", localID: "l9", conversation: conversation, scope: .app(device.app), sender: .agent, body: "Hello",
            at: now, push: PushIntent(due: now, expires: now + .seconds(60)))
        _ = try await store.append(new) { _ in }
        for app in [device.app, nil] {
            let claim = PushClaim(lease: "a", until: now, limit: 10, at: now, app: app)
            let rows = try await store.claimPushes(claim)
            #expect(rows.count == 1)
            let results = rows.map { PushResult($0.message, .again(due: now, hold: nil, isAttempt: true)) }
            try await store.settlePushes(results, of: device.app, lease: "a", at: now)
        }
        _ = try await store.cancelPushes(of: [device.device], in: device.app, because: "test", at: now)
        _ = try await store.sentPushes(to: [device.device], in: device.app, since: now)
        _ = try await store.pushBacklog(atMost: 10)
        _ = try await store.pushRecord(of: "m9", in: device.app)
        _ = try await store.pushRecords(of: device, limit: 10)
        _ = try await store.expirePushes(because: "test", at: now, limit: 10)
        _ = try await store.prunePushes(settledBefore: now, limit: 10)
    }

    private func useDashboard(_ store: SQLiteStore) async throws {
        for cursor in [nil, PageCursor(at: now, id: "x")] {
            for status in [nil, ConversationStatus.open] {
                _ = try await store.conversationRows(of: device.app, status: status, after: cursor, limit: 10)
            }
            _ = try await store.userRows(of: device.app, after: cursor, limit: 10)
        }
        for key in [UserKey.user(user.id), .device(device.device)] {
            for cursor in [nil, PageCursor(at: .epoch, id: "c")] {
                _ = try await store.conversations(of: key, app: device.app, after: cursor, limit: 10)
            }
            _ = try await store.person(key, app: device.app)
            _ = try await store.devices(of: key, app: device.app)
        }
        _ = try await store.message("m9", in: device.app)
        _ = try await store.conversationCounts(of: device.app)
    }

    /// The statements prepared on a connection, and the steps of their plans that find rows by nothing but their app.
    private static func badSteps(on database: Database) throws -> (statements: Int, bad: [String]) {
        var statements: [String] = []
        var statement = sqlite3_next_stmt(database.sqliteConnection, nil)
        while let found = statement {
            if let sql = sqlite3_sql(found).map({ String(cString: $0) }), concernsTenants(sql) {
                statements.append(sql)
            }
            statement = sqlite3_next_stmt(database.sqliteConnection, found)
        }
        var bad: [String] = []
        for sql in statements {
            let plan = try Connection(database: database).all("EXPLAIN QUERY PLAN " + sql) { $0.text(3) }
            for step in plan where isWalk(step) && !isAboutWholeApp(sql) { bad.append("\(step): \(sql)") }
        }
        return (statements.count, bad)
    }

    private static func concernsTenants(_ sql: String) -> Bool {
        ["conversations", "messages", "devices", "push_outbox"].contains { sql.contains(" \($0) ") }
    }

    private static func isWalk(_ step: String) -> Bool {
        step.hasPrefix("SCAN c") || step.hasPrefix("SCAN m") || step.hasPrefix("SCAN d") || step.hasPrefix("SCAN p")
            || step.contains("(app_id=?)") || step.contains("(conversation=?)")
    }

    /// Lists and counts of all conversations of an app, which come in the order of an index, and what waits in the outbox.
    private static func isAboutWholeApp(_ sql: String) -> Bool {
        sql.contains("SELECT min(due_at) FROM (") || sql.contains("GROUP BY")
            || sql.contains("WHERE c.app_id = ? ORDER BY c.updated_at")
            || sql.contains("WHERE c.app_id = ? AND +c.status = ? ORDER BY c.updated_at")
    }

    @Test("pages and lists come in the order of an index, without sorting")
    func order() async throws {
        try await TemporaryDatabase().withStore { store in
            let lists = [
                "SELECT 1 FROM messages WHERE conversation = ? AND sequence > ? ORDER BY sequence LIMIT ?",
                """
                SELECT 1 FROM messages WHERE conversation = ? AND created_at > ?
                ORDER BY created_at, sequence LIMIT ?
                """,
                """
                SELECT 1 FROM conversations c WHERE c.app_id = ? AND (c.updated_at, c.id) < (?, ?)
                ORDER BY c.updated_at DESC, c.id DESC LIMIT ?
                """,
            ]
            for sql in lists {
                let steps = try await store.read { try $0.all("EXPLAIN QUERY PLAN " + sql) { $0.text(3) } }
                #expect(!steps.isEmpty && !steps.contains { $0.contains("TEMP B-TREE") || $0.hasPrefix("SCAN") })
            }
        }
    }
}
