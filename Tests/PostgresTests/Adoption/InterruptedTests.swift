import PluginAPI
import Testing

@testable import PostgresPlugin

extension TakingOver {
    @Suite("A takeover that is interrupted")
    struct InterruptedTests {
        /// What is cut off where: each run ends before the first statement before which none ended yet.
        private struct Cuts {
            let url: String
            let options: ConnectionOptions
            private(set) var places = Set<String>()

            /// Runs until a run gets to the end. Every other run loses its backend.
            mutating func run(_ body: (Adopter) throws -> Void) throws {
                while true {
                    let connection = try SchemaConnection(options)
                    defer { connection.close() }
                    let pid = try connection.query("SELECT pg_backend_pid()").first?.first ?? nil
                    var place: String?
                    let (known, url) = (places, url)
                    do {
                        let adopter = Adopter(connection: connection) { event in
                            guard place == nil, case .statement(let step, let index) = event,
                                !known.contains("\(step.name) \(index)")
                            else { return }
                            place = "\(step.name) \(index)"
                            do { try Self.end(pid ?? "", url) } catch { Issue.record(error) }
                        }
                        try body(adopter)
                    } catch let error as SchemaError {
                        guard let place else { throw error }
                        try #require(error.sqlState == nil || error.sqlState == "57P01", "\(error)")
                        places.insert(place)
                        continue
                    }
                    try #require(place == nil)
                    return
                }
            }

            static func end(_ pid: String, _ url: String) throws {
                let session = try SQLSession(url)
                try session.run("SELECT pg_terminate_backend(\(pid))")
                let deadline = ContinuousClock.now + .seconds(120)
                while try session.run("SELECT FROM pg_stat_activity WHERE pid = \(pid)").count > 0 {
                    try #require(ContinuousClock.now < deadline, "the backend does not end")
                }
            }
        }

        @Test("before any of its statements goes on with the next run", arguments: SchemaAge.allCases)
        func everywhere(_ age: SchemaAge) async throws {
            let database = try await TestDatabase.reference(age, messages: 500)
            let url = database.url
            let options = try ConnectionURL(url).options
            let (before, after, cut, final) = try await DedicatedThread.run(named: "test") {
                let look = try SchemaConnection(options)
                defer { look.close() }
                let before = try ReferenceDatabase.digests(age, on: look)
                var cuts = Cuts(url: url, options: options)
                try cuts.run { try $0.adopt(from: age) }
                let after = try ReferenceDatabase.digests(age, on: look)
                let cut = cuts.places.count
                try cuts.run { try $0.finalize() }
                return (before, after, cut, cuts.places.count - cut)
            }
            #expect(before == after)
            #expect(cut == Adoption.plan(for: age).map(\.statements.count).reduce(0, +))
            #expect(final > 30)
            for (rule, question) in DerivedColumns.questions {
                #expect(try await database.value(question) == "0", "\(rule)")
            }
            let broken = "SELECT count(*) FROM pg_index WHERE NOT indisvalid"
            #expect(try await database.value(broken) == "0")
            let unchecked = "SELECT count(*) FROM pg_constraint WHERE NOT convalidated"
            #expect(try await database.value(unchecked) == "0")
        }

        @Test("in the middle of filling a table keeps what was filled")
        func filling() async throws {
            let database = try await TestDatabase.reference(.plainKeys, messages: 20_000)
            // The last row of the table waits for a lock of ours when it is written.
            try await database.run(
                """
                CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS
                    'BEGIN PERFORM pg_advisory_xact_lock_shared(42); RETURN NEW; END';
                """)
            let last = try #require(try await database.value("SELECT id FROM messages ORDER BY ctid DESC LIMIT 1"))
            try await database.run(
                """
                CREATE TRIGGER wait BEFORE UPDATE ON messages FOR EACH ROW WHEN (OLD.id = '\(last)')
                    EXECUTE FUNCTION wait()
                """)
            let holder = try SQLSession(database.url)
            try holder.run("SELECT pg_advisory_lock(42)")
            let interrupted = Task {
                try await database.schemaWork { try Adopter(connection: $0).adopt(from: .plainKeys) }
            }
            try await database.waitForWaiter("$fill$")
            let filled = "SELECT count(*) FROM messages WHERE app_id IS NOT NULL"
            let some = try #require(Int(try await database.value(filled) ?? ""))
            #expect(some > 0 && some < 20_000)
            try await end("$fill$", in: database)
            await #expect(throws: SchemaError.self) { try await interrupted.value }
            #expect(try await database.value(filled) == "\(some)")

            try holder.run("SELECT pg_advisory_unlock(42)")
            try await database.schemaWork { try Adopter(connection: $0).adopt(from: .plainKeys) }
            #expect(try await database.value(filled) == "20000")
        }

        @Test("in the middle of building an index builds it anew")
        func building() async throws {
            let database = try await TestDatabase.reference(.plainKeys)
            let url = database.url
            let interrupted = Task {
                try await database.schemaWork { connection in
                    var writer: SQLSession?
                    try Adopter(connection: connection) { event in
                        // An open transaction that has written keeps the build waiting.
                        guard case .statement(let step, 0) = event, step.index == "messages_sequence" else { return }
                        do {
                            writer = try SQLSession(url)
                            try writer?.run("BEGIN; UPDATE messages SET body = body")
                        } catch { Issue.record(error) }
                    }.adopt(from: .plainKeys)
                    _ = writer
                }
            }
            try await database.waitForWaiter("CREATE UNIQUE INDEX CONCURRENTLY messages_sequence")
            try await end("CREATE UNIQUE INDEX", in: database)
            await #expect(throws: SchemaError.self) { try await interrupted.value }
            let broken = "SELECT count(*) FROM pg_index WHERE NOT indisvalid"
            #expect(try await database.value(broken) == "1")

            try await database.schemaWork { try Adopter(connection: $0).adopt(from: .plainKeys) }
            #expect(try await database.value(broken) == "0")
            let isUnique = "SELECT indisunique FROM pg_index WHERE indexrelid = 'messages_sequence'::regclass"
            #expect(try await database.value(isUnique) == "t")
        }

        /// Ends the session that runs such a statement. One that looked for it may not be gone yet.
        private func end(_ query: String, in database: TestDatabase) async throws {
            let ended = try await database.run(
                """
                SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
                WHERE datname = '\(database.name)' AND query LIKE '%\(query)%'
                    AND query NOT LIKE '%pg_stat_activity%'
                """)
            try #require(ended.count == 1)
        }
    }
}
