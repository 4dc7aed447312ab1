import Foundation
import PluginAPI
import Testing

@testable import HostCore

/// A server without an open port, on real images and a real file.
struct LiveBench {
    let folder: TemporaryFolder
    let path: String
    let assembly: Assembly
    let live: LiveServer

    init(_ plugins: String) async throws {
        folder = try TemporaryFolder()
        path = try folder.write(Self.text(plugins).utf8, to: "replyhq.yaml")
        assembly = Assembly(try EffectiveConfiguration.load(path: path, environment: [:]), eventLoopCount: 1)
        let supervisor = assembly.supervisor(of: try assembly.roster())
        live = LiveServer(assembly, supervisor, try HTTPListener(assembly), variables: [:])
        _ = try await supervisor.start()
        assembly.readiness.started(await supervisor.roster)
        await live.serve()
    }

    private static func text(_ plugins: String) -> String {
        "plugin_directories: [\(buildFolder)]\nlog: {level: critical}\nplugins:\n\(plugins)\n"
    }

    func reload(_ plugins: String) async throws -> ReloadOutcome {
        _ = try folder.write(Self.text(plugins).utf8, to: "replyhq.yaml")
        return await live.reload(because: "a test")
    }

    func instance(_ name: String) async -> PluginInstance? { await live.supervisor.roster[name] }

    func end() async {
        await live.end()
        await live.supervisor.stop()
        await assembly.shutDown()
    }
}

@Suite("A server follows its configuration, with real images", .timeLimit(.minutes(10)))
struct LiveServerTests {
    private func actions(_ outcome: ReloadOutcome) -> [String] {
        outcome.changes.map { "\($0.action.rawValue) \($0.plugin)" }
    }

    @Test("an image that was mapped is used again, and nothing grows")
    func again() async throws {
        let bench = try await LiveBench("- name: Presence\n- name: SwitchableFixture")
        let first = try #require(await bench.instance("SwitchableFixture"))
        let presence = try #require(await bench.instance("Presence"))
        for _ in 0..<50 {
            #expect(actions(try await bench.reload("- name: Presence")) == ["stopped SwitchableFixture"])
            #expect(bench.assembly.services.routes.current.contributionCount == 0)
            let outcome = try await bench.reload("- name: Presence\n- name: SwitchableFixture")
            #expect(actions(outcome) == ["started SwitchableFixture"])
            #expect(bench.assembly.services.routes.current.contributionCount == 2)
        }
        let last = try #require(await bench.instance("SwitchableFixture"))
        #expect(last !== first && last.path == first.path)
        #expect(await bench.instance("Presence") === presence)
        let mapped = try mappedImages().filter { $0.contains("SwitchableFixture") }
        #expect(mapped.count == 1)
        await bench.end()
    }

    @Test("another file of a mapped plugin is refused until a restart")
    func otherFile() async throws {
        let bench = try await LiveBench("- name: SwitchableFixture")
        let copy = try bench.folder.write(contents(of: builtPlugin("SwitchableFixture")), to: "libSwitchableFixture.so")
        let outcome = try await bench.reload("- path: \(copy)")
        #expect(outcome.result == .refused)
        #expect(outcome.reasons.first?.contains("another file needs a restart") == true, "\(outcome.reasons)")
        #expect(try !mappedImages().contains(copy))
        await bench.end()
    }

    @Test("a plugin that throws while it starts brings back what ran, as new instances of the same settings")
    func rollback() async throws {
        let bench = try await LiveBench("- name: Presence\n- {name: SwitchableFixture, settings: {text: old}}")
        let presence = try #require(await bench.instance("Presence"))
        let outcome = try await bench.reload(
            "- name: Presence\n- {name: SwitchableFixture, settings: {text: new, fails: start}}\n- name: Echo\n"
                + "- name: SocketIO")
        #expect(outcome.result == .rolledBack)
        #expect(
            outcome.reasons == ["\(bench.path):5:3: plugin \"SwitchableFixture\" did not start: told to fail in start"])
        let back = try #require(await bench.instance("SwitchableFixture"))
        #expect(back.health.report.state == .ready && back.configuration.settings?["text"]?.scalar?.text == "old")
        #expect(await bench.instance("Presence") === presence && presence.health.report.state == .ready)
        #expect(await bench.instance("SocketIO") == nil)
        #expect(bench.assembly.services.value(of: "socketio") == nil)
        await bench.end()
    }

    @Test("a plugin that has failed while it ran takes no later reload down, though it fails again")
    func failedBefore() async throws {
        let bench = try await LiveBench("- {name: SwitchableFixture, required: no, settings: {fails: run}}")
        let first = try #require(await bench.instance("SwitchableFixture"))
        while first.health.report.state != .failed { await Task.yield() }
        let outcome = try await bench.reload(
            "- {name: SwitchableFixture, required: no, settings: {fails: start}}\n- name: Presence")
        #expect(outcome.result == .applied, "\(outcome.reasons)")
        #expect(Set(actions(outcome)) == ["failed SwitchableFixture", "started Presence"])
        #expect(await bench.instance("Presence")?.health.report.state == .ready)
        await bench.end()
    }

    @Test("only the mention of a required plugin's entry moves, and it stays what it was")
    func moved() async throws {
        let bench = try await LiveBench("- name: Presence\n- name: SwitchableFixture")
        let presence = try #require(await bench.instance("Presence"))
        let outcome = try await bench.reload(
            "# A line more.\n- name: SwitchableFixture\n- {name: presence, required: no}")
        #expect(outcome.result == .unchanged)
        #expect(await bench.instance("Presence") === presence)
        #expect(presence.configuration.origin.description == "\(bench.path):6:3" && !presence.configuration.isRequired)
        await bench.end()
    }

    @Test("nothing is reloaded once the end has begun, and too many at once are refused")
    func ending() async throws {
        let bench = try await LiveBench("- {name: SwitchableFixture, settings: {text: a}}")
        await bench.live.end()
        let outcome = try await bench.reload("- {name: SwitchableFixture, settings: {text: b}}")
        #expect(outcome.result == .refused && outcome.reasons == ["the server is stopping"])
        await bench.end()
    }

    @Test("an outcome is read as it was written")
    func json() {
        let outcome = ReloadOutcome(
            result: .rolledBack,
            changes: [
                .init(plugin: "A", action: .restarted, took: .milliseconds(3), cause: "c"),
                .init(plugin: "B", action: .failed),
            ],
            adopted: ["log.level"], needsRestart: ["server.port"], reasons: ["one", "two"], took: .milliseconds(12))
        #expect(ReloadOutcome(json: .object(outcome.json)) == outcome)
        #expect(ReloadOutcome(json: "nonsense") == nil)
    }
}
