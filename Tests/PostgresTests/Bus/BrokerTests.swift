import ClusterConformance
import NIOPosix
import PluginAPI
import Testing

@testable import PostgresPlugin

extension TestDatabase {
    /// Lends the lines of several nodes and closes them, whatever happens.
    func withLines<Value>(
        _ count: Int, rules: LineRules = LineRules(), _ body: ([ListenLine]) async throws -> Value
    ) async throws -> Value {
        let connection = try options.connection
        let lines = try (0..<count).map { _ in try ListenLine(connection, rules: rules) }
        do {
            for line in lines {
                let failure = await line.untilUp(within: .seconds(30), on: MultiThreadedEventLoopGroup.singleton.next())
                try #require(failure == nil, "\(failure.map { "\($0)" } ?? "")")
            }
            let value = try await body(lines)
            for line in lines { await line.close() }
            return value
        } catch {
            for line in lines { await line.close() }
            throw error
        }
    }

    /// Ends the sessions that listen.
    func endListeners() async throws {
        try await run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                + "WHERE application_name = 'replyhq bus' AND datname = current_database()")
    }
}

/// Waits until something is so; fails the test if it does not become so.
func soon(
    _ what: String, within bound: Duration = .seconds(120), _ location: SourceLocation = #_sourceLocation,
    _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + bound
    while try await !condition() {
        try #require(ContinuousClock.now < deadline, "never: \(what)", sourceLocation: location)
        try await MultiThreadedEventLoopGroup.singleton.next().scheduleTask(in: .milliseconds(5)) {}.futureResult.get()
    }
}

@Suite("PostgreSQL bus", .timeLimit(.minutes(10)))
struct BrokerTests {
    @Test("keeps the rule", arguments: BrokerRule.all)
    func keeps(_ rule: BrokerRule) async throws {
        // A busy machine is not a silent server.
        try await TestDatabase().withLines(2, rules: LineRules(silence: .seconds(30))) { lines in
            try await rule.check(PostgresBroker(line: lines[0]), PostgresBroker(line: lines[1]))
        }
    }

    @Test(
        "a session that is ended is made anew: the loss is told, subscriptions stand again, and what is said then comes"
    )
    func ended() async throws {
        let database = try await TestDatabase()
        // A busy machine is not a silent server.
        try await database.withLines(2, rules: LineRules(silence: .seconds(30))) { lines in
            let ears = lines.map { BrokerEar(PostgresBroker(line: $0)) }
            for ear in ears {
                try await ear.connected()
                try await ear.subscribe("x")
            }
            for round in 1...3 {
                try await database.endListeners()
                for ear in ears { try await soon("it is back") { ear.states.count == 1 + 2 * round } }
                #expect(await ears[0].publish(["\(round)"], to: "x"))
                try await soon("it comes") { ears[1].texts(on: "x").last == "\(round)" }
            }
            // Every subscription is confirmed before the connection that rests on it is told.
            var isConfirmed = true
            for event in ears[1].all.drop(while: { if case .subscribed(["x"]) = $0 { false } else { true } }) {
                switch event {
                case .subscribed(let names): isConfirmed = isConfirmed || names.contains("x")
                case .lost: isConfirmed = false
                case .connected, .received: #expect(isConfirmed)
                }
            }
            #expect(ears[1].states == [true, false, true, false, true, false, true])
        }
    }

    @Test("everything handed in has one outcome, whatever happens to the session")
    func outcomes() async throws {
        let database = try await TestDatabase()
        try await database.withLines(1) { lines in
            let ear = BrokerEar(PostgresBroker(line: lines[0]))
            try await ear.connected()
            try await ear.subscribe("x")
            let sent = await withTaskGroup(of: String?.self) { group in
                for number in 0..<600 {
                    group.addTask {
                        if number == 200 || number == 400 { try? await database.endListeners() }
                        return await ear.publish(["\(number)"], to: "x") ? "\(number)" : nil
                    }
                }
                return await group.reduce(into: Set<String>()) { if let number = $1 { $0.insert(number) } }
            }
            // The server ends a session some time after it was told to, which may be after it seems to be back.
            var attempt = 0
            try await soon("the last comes") {
                attempt += 1
                _ = await ear.publish(["last \(attempt)"], to: "x")
                return ear.texts(on: "x").contains { $0.hasPrefix("last") }
            }
            // Nothing comes twice. What was sent may be lost between two sessions, never invented.
            let heard = ear.texts(on: "x").filter { !$0.hasPrefix("last") }
            #expect(Set(heard).count == heard.count && !sent.isEmpty)
        }
    }

    @Test("a server that freezes is given up in time and found again; one that restarts, too")
    func faults() async throws {
        let cluster = try await PostgresCluster.start()
        let database = try await TestDatabase(on: cluster)
        try await database.withLines(1, rules: LineRules(silence: .seconds(5))) { lines in
            let ear = BrokerEar(PostgresBroker(line: lines[0]))
            try await ear.connected()
            try await ear.subscribe("x")
            try cluster.signal(SIGSTOP)
            #expect(await !ear.publish(["lost"], to: "x"))
            // Whoever sent may hear of it before the others do.
            try await soon("it notices") { ear.states == [true, false] }
            #expect(await !ear.publish(["refused"], to: "x"))
            try cluster.signal(SIGCONT)
            try await soon("it is back") { ear.states == [true, false, true] }
            try await cluster.stop(.immediate)
            try await soon("it notices") { ear.states.count == 4 }
            try await cluster.launch()
            try await soon("it is back") { ear.states.count == 5 }
            #expect(await ear.publish(["here"], to: "x"))
            try await soon("it comes") { ear.texts(on: "x").last == "here" }
        }
    }

    @Test("schemas of one database are worlds of their own")
    func schemas() async throws {
        let database = try await TestDatabase()
        try await database.run("CREATE SCHEMA other")
        var options = try database.options.connection
        options.searchPath = "other"
        let foreign = try ListenLine(options)
        try await database.withLines(2) { lines in
            let ears = (lines + [foreign]).map { BrokerEar(PostgresBroker(line: $0)) }
            for ear in ears {
                try await ear.connected()
                try await ear.subscribe("x")
            }
            #expect(await ears[2].publish(["foreign"], to: "x"))
            #expect(await ears[0].publish(["ours"], to: "x"))
            try await soon("it comes") { ears[1].texts(on: "x") == ["ours"] }
            #expect(ears[2].texts(on: "x") == ["foreign"])
        }
        await foreign.close()
    }

    @Test("whatever else is notified on the channel is passed over, and the line goes on")
    func foreign() async throws {
        let database = try await TestDatabase()
        try await database.withLines(1) { lines in
            let ear = BrokerEar(PostgresBroker(line: lines[0]))
            try await ear.connected()
            try await ear.subscribe("x")
            try await database.run(
                "SELECT pg_notify('replyhq_bus_' || 'public'::regnamespace::oid, p) FROM unnest(ARRAY["
                    + "'', 'R1 1 0 1 !', 'R1 1 0 9 AAAA', 'nonsense', repeat('x', 7999)]) p")
            #expect(await ear.publish(["after"], to: "x"))
            try await soon("it comes") { ear.texts(on: "x") == ["after"] }
            #expect(ear.states == [true])
        }
    }

    @Test("once closed, nothing is taken and nobody waits for ever; its session is gone")
    func closing() async throws {
        let database = try await TestDatabase()
        let line = try ListenLine(database.options.connection)
        let ear = BrokerEar(PostgresBroker(line: line))
        try await ear.connected()
        async let last = ear.publish(["last words"], to: "x")
        _ = await last
        await line.close()
        #expect(await !ear.publish(["x"], to: "x"))
        #expect(ear.states == [true, false])
        try await soon("the session is gone") {
            try await database.run(
                "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'replyhq bus' "
                    + "AND datname = current_database()") == [["0"]]
        }
    }
}
