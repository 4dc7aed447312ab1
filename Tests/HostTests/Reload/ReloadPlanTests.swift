import PluginAPI
import Testing

@testable import HostCore

@Suite("What a reload has to do")
struct ReloadPlanTests {
    private let store = StartEntry(name: "Store", position: "1", provides: ["store"])
    private let chat = StartEntry(name: "Chat", position: "2", provides: ["chat"], requires: ["store"])
    private let rest = StartEntry(name: "Rest", position: "3", requires: ["chat"])
    private let admin = StartEntry(
        name: "Admin", position: "4", provides: ["admin"], requires: ["chat"], wants: ["online"])
    private let online = StartEntry(name: "Online", position: "5", provides: ["online"])
    private let sockets = StartEntry(name: "Sockets", position: "6")

    private func plan(
        _ before: [StartEntry], _ after: [StartEntry], changed: [String: String] = [:]
    ) -> ReloadPlan {
        func side(_ entries: [StartEntry]) -> ReloadPlan.Side {
            let pairs = entries.flatMap { entry in entry.provides.map { ($0, entry.name) } }
            return .init(entries, providers: Dictionary(pairs, uniquingKeysWith: { first, _ in first }))
        }
        return ReloadPlan(from: side(before), to: side(after), changed: changed)
    }

    @Test("nothing, when both sides are the same")
    func nothing() {
        #expect(plan([store, chat, rest], [rest, store, chat]).isEmpty)
    }

    @Test("what is on one side only leaves or comes, and nobody else is touched")
    func comingAndGoing() {
        let plan = plan([store, chat, rest], [store, chat, sockets])
        #expect(plan.leaving == ["Rest"] && plan.coming == ["Sockets"] && plan.restarting.isEmpty)
    }

    @Test("a plugin that changed takes along whoever requires something of it, directly or through others")
    func dependents() {
        let all = [store, chat, rest, online, sockets]
        let plan = plan(all, all, changed: ["Store": "its settings changed"])
        #expect(
            plan.restarting == [
                "Store": "its settings changed", "Chat": "it uses \"store\" of Store",
                "Rest": "it uses \"chat\" of Chat",
            ])
        #expect(plan.ending == plan.beginning)
    }

    @Test("whoever wants a capability restarts when its provider comes, goes, changes or is another one")
    func wanting() {
        let some = [store, chat, admin]
        #expect(plan(some, some + [online]).restarting == ["Admin": "Online provides \"online\" now"])
        #expect(plan(some + [online], some).restarting == ["Admin": "Online no longer provides \"online\""])
        #expect(
            plan(some + [online], some + [online], changed: ["Online": "c"]).restarting == [
                "Online": "c", "Admin": "it uses \"online\" of Online",
            ])
        let other = StartEntry(name: "Other", position: "7", provides: ["online"])
        let swap = plan(some + [online], some + [other])
        #expect(swap.leaving == ["Online"] && swap.coming == ["Other"])
        #expect(swap.restarting == ["Admin": "\"online\" comes from Other now"])
    }

    @Test("a provider that was listed but did not run counts as coming")
    func failedProvider() {
        let plan = ReloadPlan(
            from: .init([store, chat, admin], providers: ["store": "Store", "chat": "Chat", "online": "Online"]),
            to: .init(
                [store, chat, admin, online], providers: ["store": "Store", "chat": "Chat", "online": "Online"]),
            changed: [:])
        #expect(plan.coming == ["Online"] && plan.restarting == ["Admin": "Online provides \"online\" now"])
    }

    @Test("a change of what leaves or comes is none of its own")
    func changedAndGone() {
        let plan = plan([store, sockets], [store, online], changed: ["Sockets": "c", "Online": "c"])
        #expect(plan.restarting.isEmpty && plan.leaving == ["Sockets"] && plan.coming == ["Online"])
    }

    @Test("settings are compared by what they say")
    func meaning() throws {
        func settings(_ text: String) throws -> PluginConfiguration {
            try #require(load("plugins:\n- name: A\n\(text)").host.plugins.first)
        }
        let plain = try settings("  settings: {b: 1, a: [x, y], c: {d: ~}}")
        #expect(
            try settings("\n  enabled: true\n  settings:\n    a:\n    - x\n    - \"y\"\n    b: '1'\n    c: {}")
                .asksForTheSame(as: plain))
        #expect(try !settings("  settings: {b: 2, a: [x, y]}").asksForTheSame(as: plain))
        #expect(try !settings("  settings: {b: 1, a: [y, x], c: {}}").asksForTheSame(as: plain))
        #expect(try !settings("  settings: {b: 1}").asksForTheSame(as: plain))
        #expect(try settings("").asksForTheSame(as: settings("  settings: {}")))
        #expect(try settings("").asksForTheSame(as: settings("  required: false")))
        #expect(try !settings("").asksForTheSame(as: settings("  path: /x/libA.so")))
    }
}
