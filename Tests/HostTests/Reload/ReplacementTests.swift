import PluginAPI
import Synchronization
import Testing

@testable import HostCore

@Suite("Replacing plugins while others run", .timeLimit(.minutes(10)))
struct ReplacementTests {
    private static let store = FakeBehaviour(provides: ["store"])
    private static let chat = FakeBehaviour(provides: ["chat"], requires: ["store"])
    private static let rest = FakeBehaviour(requires: ["chat"])

    /// Replaces the bench's plugins by these; those that are named as changed are new instances.
    private func replace(
        _ bench: LifecycleBench, by plugins: KeyValuePairs<String, FakeBehaviour>, changed: Set<String> = [],
        strict: Set<String>? = nil, verify: @escaping @Sendable () throws -> Void = {}
    ) async throws -> ReloadOutcome {
        let old = await bench.supervisor.roster
        let running = await bench.supervisor.started.map(\.instance)
        let names = Set(running.map(\.descriptor.name))
        var next = try LifecycleBench.roster(
            plugins, bench.services, bench.journal,
            keeping: running.filter { !changed.contains($0.descriptor.name) })
        let plan = ReloadPlan(
            from: .init(old.entries.filter { names.contains($0.name) }, providers: old.order.providers),
            to: .init(next.entries, providers: next.order.providers),
            changed: Dictionary(uniqueKeysWithValues: changed.map { ($0, "changed") }))
        try next.renew(
            Set(plan.restarting.keys).subtracting(changed), environment: .bench(bench.services),
            within: .seconds(60))
        return await bench.supervisor.replace(
            PluginSupervisor.Replacement(
                roster: next, plan: plan, strict: strict ?? plan.beginning, drainLimit: .seconds(30),
                environment: .bench(bench.services), show: { _ in }, verify: verify))
    }

    private func actions(_ outcome: ReloadOutcome) -> [String] {
        outcome.changes.map { "\($0.action.rawValue) \($0.plugin)" }
    }

    @Test("what leaves is drained before it stops, dependents first, and then what comes starts; the others run on")
    func order() async throws {
        let bench = try LifecycleBench([
            "Store": Self.store, "Chat": Self.chat, "Rest": Self.rest, "Old": FakeBehaviour(),
        ])
        _ = try await bench.supervisor.start()
        while bench.journal.lines("run").count < 4 { await Task.yield() }
        let before = bench.journal.all.count
        let outcome = try await replace(
            bench, by: ["Store": Self.store, "Chat": Self.chat, "Rest": Self.rest, "New": FakeBehaviour()],
            changed: ["Chat"])
        #expect(outcome.result == .applied)
        #expect(actions(outcome) == ["stopped Old", "restarted Chat", "restarted Rest", "started New"])
        let steps = bench.journal.all.dropFirst(before).filter { !$0.hasPrefix("run") }
        #expect(
            Set(steps.prefix(6)) == [
                "withdraw Old", "withdraw Chat for a moment", "withdraw Rest for a moment", "drain Old", "drain Chat",
                "drain Rest",
            ])
        #expect(
            steps.dropFirst(6) == [
                "stop Old", "take back Old", "stop Rest", "take back Rest", "stop Chat", "take back Chat", "start Chat",
                "start Rest", "start New",
            ])
        await bench.supervisor.stop()
        #expect(bench.journal.lines("stop").suffix(4) == ["stop New", "stop Rest", "stop Chat", "stop Store"])
    }

    @Test("when a new one does not start, what had started is stopped and the old ones are there again")
    func rollback() async throws {
        let bench = try LifecycleBench([
            "Store": Self.store, "Chat": Self.chat, "Rest": Self.rest, "Old": FakeBehaviour(),
        ])
        _ = try await bench.supervisor.start()
        var broken = FakeBehaviour(isRequired: false)
        broken.start = { _ in throw FakeError() }
        let outcome = try await replace(
            bench,
            by: ["Store": Self.store, "Chat": Self.chat, "Rest": Self.rest, "New": FakeBehaviour(), "Broken": broken],
            changed: ["Chat"])
        #expect(outcome.result == .rolledBack)
        #expect(outcome.reasons == ["test.yaml:6:3: plugin \"Broken\" did not start: FakeError()"])
        #expect(actions(outcome).suffix(3) == ["restarted Chat", "restarted Rest", "restarted Old"])
        let running = await bench.supervisor.started.map(\.instance.descriptor.name)
        #expect(running == ["Store", "Chat", "Rest", "Old"])
        let roster = await bench.supervisor.roster
        #expect(roster.instances.map(\.health.report.state) == [.ready, .ready, .ready, .ready])
        #expect(bench.services.value(of: "chat") as? String == "by Chat")
        #expect(bench.journal.lines("start Store").count == 1, "it never stopped")
        await bench.supervisor.stop()
        #expect(bench.services.value(of: "store") == nil)
    }

    @Test("what is wrong with the new ones as a whole brings the old ones back")
    func verification() async throws {
        let bench = try LifecycleBench(["Store": Self.store])
        _ = try await bench.supervisor.start()
        let outcome = try await replace(bench, by: ["Store": Self.store, "New": FakeBehaviour()]) { throw FakeError() }
        #expect(outcome.result == .rolledBack && outcome.reasons == ["FakeError()"])
        #expect(await bench.supervisor.started.map(\.instance.descriptor.name) == ["Store"])
        #expect(bench.journal.lines("stop") == ["stop New"])
        await bench.supervisor.stop()
    }

    @Test("an old one that does not come back is said to have failed, and the others do")
    func broken() async throws {
        let starts = Mutex(0)
        var fragile = FakeBehaviour()
        fragile.start = { _ in
            let count = starts.withLock { starts in
                starts += 1
                return starts
            }
            if count > 1 { throw FakeError() }
        }
        let bench = try LifecycleBench(["Fragile": fragile, "Sound": FakeBehaviour()])
        _ = try await bench.supervisor.start()
        let outcome = try await replace(
            bench, by: ["Fragile": fragile, "Sound": FakeBehaviour()], changed: ["Fragile", "Sound"])
        #expect(outcome.result == .broken)
        #expect(Set(actions(outcome).suffix(2)) == ["failed Fragile", "restarted Sound"])
        let roster = await bench.supervisor.roster
        #expect(roster["Fragile"]?.health.report.state == .failed && roster["Sound"]?.health.report.state == .ready)
        await bench.supervisor.stop()
    }

    @Test("an old one that cannot be made again stays out with what requires it, and the others come back")
    func unmakeable() async throws {
        let count = Mutex(0)
        var (store, broken) = (Self.store, FakeBehaviour())
        store.make = {
            let isThird = count.withLock { count in
                count += 1
                return count > 2
            }
            if isThird { throw FakeError() }
        }
        broken.start = { _ in throw FakeError() }
        let bench = try LifecycleBench(["Store": store, "Chat": Self.chat, "Rest": Self.rest, "Sound": FakeBehaviour()])
        _ = try await bench.supervisor.start()
        let outcome = try await replace(
            bench,
            by: ["Store": store, "Chat": Self.chat, "Rest": Self.rest, "Sound": FakeBehaviour(), "Broken": broken],
            changed: ["Store", "Sound"])
        #expect(outcome.result == .broken)
        #expect(actions(outcome).suffix(4) == ["failed Store", "failed Chat", "failed Rest", "restarted Sound"])
        #expect(
            outcome.changes.first { $0.plugin == "Store" && $0.action == .failed }?.cause?.contains("FakeError") == true
        )
        let roster = await bench.supervisor.roster
        #expect(roster.instances.map(\.health.report.state) == [.failed, .failed, .failed, .ready])
        #expect(await bench.supervisor.started.map(\.instance.descriptor.name) == ["Sound"])
        await bench.supervisor.stop()
    }

    @Test("an optional one that need not start stays out without harm")
    func lenient() async throws {
        var failing = FakeBehaviour(isRequired: false)
        failing.start = { _ in throw FakeError() }
        let bench = try LifecycleBench(["Store": Self.store])
        _ = try await bench.supervisor.start()
        let outcome = try await replace(
            bench, by: ["Store": Self.store, "Failing": failing, "New": FakeBehaviour()], strict: ["New"])
        #expect(outcome.result == .applied && actions(outcome) == ["failed Failing", "started New"])
        await bench.supervisor.stop()
    }

    @Test("cancelled, it ends soon, and whatever runs then is stopped with the rest")
    func interrupted() async throws {
        var slow = FakeBehaviour()
        slow.start = { _ in try await untilCancelled() }
        let behaviour = slow
        let bench = try LifecycleBench(["Store": Self.store, "Rest": FakeBehaviour()])
        _ = try await bench.supervisor.start()
        let reload = Task {
            try await replace(bench, by: ["Store": Self.store, "Slow": behaviour, "Later": FakeBehaviour()])
        }
        while bench.journal.lines("start Slow").isEmpty { await Task.yield() }
        reload.cancel()
        #expect(try await reload.value.result == .interrupted)
        #expect(bench.journal.lines("start Later").isEmpty, "nothing further starts")
        await bench.supervisor.drain(until: .now() + .seconds(30))
        await bench.supervisor.stop()
        #expect(bench.journal.lines("stop") == ["stop Rest", "stop Slow", "stop Store"])
    }
}
