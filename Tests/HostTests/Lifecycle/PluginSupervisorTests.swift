import PluginAPI
import Testing

@testable import HostCore

@Suite("The life of plugins", .timeLimit(.minutes(10)))
struct PluginSupervisorTests {
    @Test("plugins start in order and stop in reverse, each after what it requires and before it goes")
    func order() async throws {
        let bench = try LifecycleBench([
            "Rest": FakeBehaviour(requires: ["chat"]),
            "Chat": FakeBehaviour(provides: ["chat"], requires: ["store"]),
            "Store": FakeBehaviour(provides: ["store"]),
        ])
        let report = try await bench.supervisor.start()
        #expect(report.rows.map(\.name) == ["Store", "Chat", "Rest"])
        #expect(report.rows.allSatisfy { $0.state == .ready })
        await bench.supervisor.drain(until: .now() + .seconds(60))
        await bench.supervisor.stop()
        #expect(bench.journal.lines("start") == ["start Store", "start Chat", "start Rest"])
        #expect(Set(bench.journal.lines("drain")) == ["drain Store", "drain Chat", "drain Rest"])
        // Each ran before it was stopped; on a busy machine some run begins while others are stopped already.
        for name in ["Store", "Chat", "Rest"] {
            let run = try #require(bench.journal.all.firstIndex(of: "run \(name)"))
            #expect(run < (bench.journal.all.firstIndex(of: "stop \(name)") ?? 0))
        }
        #expect(
            bench.journal.all.filter { !$0.hasPrefix("run") }.suffix(6) == [
                "stop Rest", "take back Rest", "stop Chat", "take back Chat", "stop Store", "take back Store",
            ])
        #expect(bench.roster.instances.allSatisfy { $0.health.report.state == .stopped })
        // Stopping twice is stopping once.
        await bench.supervisor.stop()
        #expect(bench.journal.lines("stop").count == 3)
    }

    @Test("when a required plugin fails, all it contributed is taken back and those before it stop in reverse")
    func rollback() async throws {
        let bench = try LifecycleBench([
            "Store": FakeBehaviour(provides: ["store"]),
            "Chat": FakeBehaviour(
                provides: ["chat"], requires: ["store"],
                start: { context in
                    try context.routes { $0.get("/x") { _, _ in "x" } }
                    try context.webSocket(WebSocketEndpoint(paths: ["/ws"]) { _, _ in })
                    context.healthCheck { throw FakeError() }
                    throw FakeError()
                }),
            "Rest": FakeBehaviour(requires: ["chat"]),
        ])
        let error = await #expect(throws: PluginStartError.self) { try await bench.supervisor.start() }
        #expect(error?.description == "test.yaml:3:3: plugin \"Chat\" did not start: FakeError()")
        #expect(
            bench.journal.all == [
                "start Store", "start Chat", "stop Chat", "take back Chat", "stop Store", "take back Store",
            ])
        #expect(bench.services.value(of: "chat") == nil && bench.services.value(of: "store") == nil)
        #expect(bench.services.routes.current.webSocket(at: "/ws") == nil)
        #expect(await bench.services.checks.failures().isEmpty)
        // The route is free again.
        try bench.services.addRoutes({ $0.get("/x") { _, _ in "y" } }, by: "Other")
        #expect(bench.state(of: "Chat") == .failed && bench.state(of: "Store") == .stopped)
    }

    @Test("an optional plugin that fails takes along whoever requires it, and the rest runs")
    func optional() async throws {
        let bench = try LifecycleBench([
            "Push": FakeBehaviour(provides: ["push"], isRequired: false, start: { _ in throw FakeError() }),
            "Badge": FakeBehaviour(provides: ["badge"], requires: ["push"], isRequired: false),
            "Sound": FakeBehaviour(requires: ["badge"], isRequired: false),
            "Rest": FakeBehaviour(),
        ])
        let report = try await bench.supervisor.start()
        #expect(bench.journal.lines("start") == ["start Push", "start Rest"])
        #expect(bench.journal.lines("take back") == ["take back Push"])
        let states = Dictionary(uniqueKeysWithValues: report.rows.map { ($0.name, $0.state) })
        #expect(states == ["Push": .failed, "Badge": .failed, "Sound": .failed, "Rest": .ready])
        #expect(report.rows.first { $0.name == "Sound" }?.reason == "requires Push, which failed to start")
        #expect(bench.services.value(of: "push") == nil)
        await bench.supervisor.stop()
        #expect(bench.journal.lines("stop") == ["stop Push", "stop Rest"])
    }

    @Test("an optional plugin that fails while a required one needs it is the end")
    func optionalButNeeded() async throws {
        let bench = try LifecycleBench([
            "Push": FakeBehaviour(provides: ["push"], isRequired: false, start: { _ in throw FakeError() }),
            "Rest": FakeBehaviour(requires: ["push"]),
        ])
        await #expect(throws: PluginStartError.self) { try await bench.supervisor.start() }
        #expect(bench.journal.lines("start") == ["start Push"])
    }

    @Test("a capability that the descriptor does not list, or somebody provides, is refused")
    func capabilities() async throws {
        let unlisted = try LifecycleBench(["Sneak": FakeBehaviour(provides: ["store"], lists: [])])
        let error = await #expect(throws: PluginStartError.self) { try await unlisted.supervisor.start() }
        #expect(
            error?.reason
                == "plugin Sneak provides the capability \"store\", which its descriptor does not list")
        #expect(unlisted.services.value(of: "store") == nil)
    }

    @Test("a run that throws fails its plugin and nothing else; one that returns or is cancelled does not")
    func runs() async throws {
        let bench = try LifecycleBench([
            "Broken": FakeBehaviour(run: { _ in throw FakeError() }),
            // Nobody cancelled it, so this is a failure of its own.
            "Confused": FakeBehaviour(run: { _ in throw CancellationError() }),
            "Done": FakeBehaviour(run: { _ in }),
            "Usual": FakeBehaviour(),
        ])
        _ = try await bench.supervisor.start()
        for name in ["Broken", "Confused"] {
            while bench.state(of: name) != .failed { await Task.yield() }
        }
        #expect(bench.state(of: "Done") == .ready && bench.state(of: "Usual") == .ready)
        await bench.supervisor.stop()
        #expect(bench.journal.lines("stop").count == 4)
        #expect(bench.state(of: "Usual") == .stopped)
    }

    @Test("draining returns at the deadline though a plugin ignores it, and the others are drained")
    func drainDeadline() async throws {
        let hang = Hang()
        defer { hang.release() }
        let bench = try LifecycleBench([
            "Slow": FakeBehaviour(drain: { _ in await hang.wait() }),
            "Quick": FakeBehaviour(),
        ])
        _ = try await bench.supervisor.start()
        await bench.supervisor.drain(until: .now() + .milliseconds(20))
        // Both were asked; a busy machine may get there after the deadline.
        while bench.journal.lines("drain").count < 2 { await Task.yield() }
        #expect(Set(bench.journal.lines("drain")) == ["drain Slow", "drain Quick"])
        await bench.supervisor.stop()
        #expect(bench.journal.lines("stop") == ["stop Quick", "stop Slow"])
    }

    @Test("a plugin that does not end is left behind, and what it contributed is taken back")
    func stopLimit() async throws {
        let hang = Hang()
        defer { hang.release() }
        let bench = try LifecycleBench(
            [
                "Store": FakeBehaviour(provides: ["store"]),
                "Deaf": FakeBehaviour(requires: ["store"], run: { _ in await hang.wait() }),
                "Stuck": FakeBehaviour(provides: ["stuck"], stop: { _ in await hang.wait() }),
            ], stopLimit: .seconds(5))
        _ = try await bench.supervisor.start()
        await bench.supervisor.stop()
        #expect(bench.journal.lines("stop") == ["stop Stuck", "stop Deaf", "stop Store"])
        #expect(bench.journal.lines("take back") == ["take back Stuck", "take back Deaf", "take back Store"])
        #expect(bench.services.value(of: "stuck") == nil)
        #expect(bench.health(of: "Stuck")?.report.reason == "did not stop within 5s")
        #expect(bench.state(of: "Store") == .stopped)
    }

    @Test("a plugin that is missing something while it starts is degraded when it has started")
    func degradedAtStart() async throws {
        let bench = try LifecycleBench([
            "Cache": FakeBehaviour(start: { $0.health.degraded("no server yet") }),
            "Healed": FakeBehaviour(start: {
                $0.health.degraded("not yet")
                $0.health.recovered()
            }),
        ])
        let report = try await bench.supervisor.start()
        #expect(report.rows.map(\.state) == [.degraded, .ready])
        #expect(report.rows.map(\.reason) == ["no server yet", nil])
        bench.health(of: "Cache")?.recovered()
        #expect(bench.state(of: "Cache") == .ready)
        await bench.supervisor.stop()
    }

    @Test("a required plugin that hangs while it starts is the end, in words that name the limit")
    func startLimit() async throws {
        let hang = Hang()
        defer { hang.release() }
        let bench = try LifecycleBench(
            [
                "Store": FakeBehaviour(provides: ["store"]),
                "Stuck": FakeBehaviour(provides: ["stuck"], start: { _ in await hang.wait() }),
            ], startLimit: .seconds(5))
        let error = await #expect(throws: PluginStartError.self) { try await bench.supervisor.start() }
        #expect(error?.description == "test.yaml:3:3: plugin \"Stuck\" did not start within 5s")
        #expect(
            bench.journal.all == [
                "start Store", "start Stuck", "stop Stuck", "take back Stuck", "stop Store", "take back Store",
            ])
        #expect(bench.services.value(of: "stuck") == nil && bench.state(of: "Stuck") == .failed)
    }

    @Test("an optional one that hangs is reported, the rest runs, and what it contributes later is refused")
    func lateStart() async throws {
        let hang = Hang()
        let (refusals, refused) = AsyncStream.makeStream(of: String.self)
        let bench = try LifecycleBench(
            [
                "Stuck": FakeBehaviour(
                    isRequired: false,
                    start: { context in
                        await hang.wait()
                        do {
                            try context.routes { $0.get("/late") { _, _ in "late" } }
                            refused.yield("accepted")
                        } catch {
                            refused.yield("\(error)")
                        }
                        context.healthCheck { throw FakeError() }
                        refused.finish()
                    }),
                "Rest": FakeBehaviour(),
            ], startLimit: .seconds(5))
        let report = try await bench.supervisor.start()
        #expect(report.rows.map(\.state) == [.failed, .ready])
        #expect(report.rows.map(\.reason) == ["did not start within 5s", nil])
        hang.release()
        var texts: [String] = []
        for await text in refusals { texts.append(text) }
        #expect(texts == ["plugin Stuck has stopped and can contribute nothing"])
        #expect(await bench.services.checks.failures().isEmpty)
        await bench.supervisor.stop()
        #expect(bench.journal.lines("stop") == ["stop Stuck", "stop Rest"])
    }
}
