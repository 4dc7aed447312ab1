import PluginAPI
import Testing

@testable import PostgresPlugin

@Suite("Row-level security: requests of several apps in one batch", .timeLimit(.minutes(10)))
struct MixedLoadTests {
    /// Statements that name no app: what they reach is what the database lets them.
    private static let spy = Statement(
        "spy", "SELECT current_setting('app.current_tenant'), app_id FROM messages GROUP BY app_id")
    private static let mark = Statement("mark", "UPDATE conversations SET metadata = metadata RETURNING app_id")
    private static let intrude = Statement(
        "intrude", "INSERT INTO devices (device_id, app_id, updated_at) VALUES ($1::text, $2::text, now())")
    private static let divide = Statement("divide", "SELECT 1 / (CASE WHEN $1::text = '' THEN 1 ELSE 0 END)")

    @Test("each sees its own app's rows only, with failing ones among them", arguments: [true, false])
    func mixed(isPrepared: Bool) async throws {
        let database = try await TestDatabase()
        let role = try await database.secured()
        try await database.withSecuredPool(
            role,
            {
                ($0.writeConnections, $0.readConnections) = (1, 1)
                $0.preparesStatements = isPrepared
                $0.connection.sendsSessionOptions = isPrepared
                ($0.queueTimeout, $0.connection.statementTimeout) = (.seconds(60), .seconds(60))
            }
        ) { pool in
            let store = PostgresStore(pool: pool)
            var places: [Place] = []
            for _ in 0..<3 { places.append(try await store.makePlace()) }
            for place in places { try await store.say("first", in: place) }
            try await load(store, places)
            for place in places { #expect(try await store.everything(in: place).count == 101) }
        }
        #expect(try await database.run("SELECT count(*) FROM devices WHERE device_id = 'intruder'") == [["0"]])
    }

    /// For each app 100 sends, as many reads and writes that look beyond it, and as many of nobody's; some fail.
    private func load(_ store: PostgresStore, _ places: [Place]) async throws {
        let pool = store.pool
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<100 {
                for (index, place) in places.enumerated() {
                    let other = places[(index + 1) % places.count].app
                    group.addTask {
                        let stored = try await store.say("\(number)", in: place)
                        #expect(stored?.isNew == true)
                    }
                    group.addTask {
                        let seen = try await pool.read([Step(Self.spy)], of: place.app) { rows in
                            rows[0].map { [$0.text(0), $0.text(1)] }
                        }
                        #expect(seen == [[place.app.rawValue, place.app.rawValue]])
                    }
                    group.addTask {
                        let touched = try await pool.write(
                            in: LaneKey("\(number)"), of: place.app, [Step(Self.mark)]
                        ) { rows in rows[0].map { $0.text(0) } }
                        #expect(touched == [place.app.rawValue])
                    }
                    group.addTask {
                        let seen = try await pool.write(in: LaneKey("\(number)"), [Step(Self.spy)]) { $0[0].count }
                        #expect(seen == 0)
                    }
                    guard number % 25 == index else { continue }
                    group.addTask {
                        let step = Step(Self.intrude, .text("intruder"), .id(other))
                        await #expect(throws: ChatError.self) {
                            try await pool.write(in: LaneKey("\(number)"), of: place.app, [step]) { $0.count }
                        }
                    }
                    group.addTask {
                        let step = Step(Self.divide, .text("x"))
                        await #expect(throws: ChatError.self) {
                            try await pool.read([step], of: place.app) { $0.count }
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    @Test("a write whose acknowledgement was lost is found by its own app's name")
    func inquiry() async throws {
        let cluster = try await PostgresCluster.start()
        let database = try await TestDatabase(on: cluster)
        let role = try await database.secured()
        try await database.withSecuredPool(role, { ($0.writeConnections, $0.readConnections) = (1, 1) }) { pool in
            let store = PostgresStore(pool: pool)
            let place = try await store.makePlace()
            let heard = Journal<LocalMessageID?>()
            // Committed here, and acknowledged only when a replica that never comes has it.
            try await database.run("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
            try await database.run("SELECT pg_reload_conf()")
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    // The server's processes take the setting in when they get to it: until then, writes are acknowledged.
                    await expectUnavailable {
                        while !Task.isCancelled {
                            try await store.say("said", in: place) { heard.add($0.message.localID) }
                        }
                    }
                }
                let waiting = "FROM pg_stat_activity WHERE usename = '\(role)' AND wait_event = 'SyncRep'"
                let deadline = ContinuousClock.now + .seconds(120)
                while try await database.run("SELECT count(*) \(waiting)") == [["0"]] {
                    try #require(ContinuousClock.now < deadline, "nobody waits for the replica")
                }
                try await database.run("SELECT pg_terminate_backend(pid) \(waiting)")
                try await database.run("ALTER SYSTEM RESET synchronous_standby_names")
                try await database.run("SELECT pg_reload_conf()")
                try await group.waitForAll()
            }
            // The next write of the conversation comes after the inquiry.
            let deadline = ContinuousClock.now + .seconds(120)
            while (try? await store.say("next", in: place, local: "next")) == nil {
                try #require(ContinuousClock.now < deadline, "the store did not recover")
            }
            let stored = try await store.everything(in: place).map(\.localID)
            #expect(stored.last == "next" && stored.count > 1)
            #expect(heard.all == stored.dropLast())
        }
    }
}
