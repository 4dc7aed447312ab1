import Metrics
import PluginAPI
import Synchronization
import Testing

@testable import HostCore

@Suite("Metrics belong to the plugin that makes them", .timeLimit(.minutes(10)))
struct MetricsOwnershipTests {
    private func names(_ services: HostServices) -> Set<String> {
        Set(services.readMetrics().map(\.name).filter { !$0.hasPrefix("replyhq_metrics_") })
    }

    @Test("they are seen from the start to the end, and a handle that is used later does no harm")
    func life() async throws {
        let kept = Mutex<[Counter]>([])
        var behaviour = FakeBehaviour()
        behaviour.start = { context in
            let counter = Counter(label: "hits", factory: context.metrics)
            counter.increment()
            kept.withLock { $0.append(counter) }
        }
        behaviour.stop = { context in
            Counter(label: "late", factory: context.metrics).increment()
        }
        let bench = try LifecycleBench(["A": behaviour])
        #expect(names(bench.services).isEmpty)
        _ = try await bench.supervisor.start()
        #expect(names(bench.services) == ["hits"])
        #expect(bench.services.readMetrics().first { $0.name == "hits" }?.owner == "A")
        await bench.supervisor.stop()
        #expect(names(bench.services).isEmpty)
        for counter in kept.withLock({ $0 }) { counter.increment() }
        #expect(names(bench.services).isEmpty)
    }

    @Test("those of a plugin that fails to start are taken back")
    func failure() async throws {
        var behaviour = FakeBehaviour(isRequired: false)
        behaviour.start = { context in
            Counter(label: "hits", factory: context.metrics).increment()
            throw FakeError()
        }
        let bench = try LifecycleBench(["A": behaviour])
        _ = try await bench.supervisor.start()
        #expect(names(bench.services).isEmpty)
        await bench.supervisor.stop()
    }

    @Test("one that was made and not started has none, so that two instances are never mixed")
    func unstarted() async throws {
        let bench = try LifecycleBench(["A": FakeBehaviour()])
        let next = MetricsScope(owner: "A", logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        Gauge(label: "next", factory: next).record(1)
        #expect(names(bench.services).isEmpty)
        bench.services.metrics.show(next)
        #expect(names(bench.services) == ["next"])
        await bench.services.takeBack(from: "A")
        #expect(names(bench.services).isEmpty)
    }

    @Test("those of the process stay, also when a plugin has its name")
    func process() async throws {
        let services = HostServices.bench()
        Counter(label: "library", factory: services.metrics.process).increment()
        await services.takeBack(from: "host")
        #expect(names(services) == ["library"])
    }

    @Test("fifty toggles of two plugins leave the same series and the same routes")
    func toggles() async throws {
        let database = try TemporaryFolder()
        let base = "- {name: SQLite, settings: {path: \(database.path)/a.db}}\n- name: Chat\n- name: Metrics"
        let both = base + "\n- name: LegacyWS\n- {name: SwitchableFixture, settings: {text: a}}"
        let bench = try await LiveBench(both)
        let services = bench.assembly.services

        // What the census counts comes when the store has answered.
        func series() -> [MetricReading] {
            services.readMetrics().filter { $0.name != "replyhq_transport_devices" }
        }
        func keys() -> Set<String> { Set(series().map { "\($0.owner) \($0.name) \($0.labels)" }) }
        let (before, count) = (keys(), series().count)
        let routes = services.routes.current.contributionCount
        #expect(before.contains { $0.contains("replyhq_legacy_connections") })
        #expect(before.contains { $0.contains("switchable_requests_total") })
        for _ in 0..<50 {
            #expect(try await bench.reload(base).result == .applied)
            #expect(!keys().contains { $0.hasPrefix("LegacyWS") || $0.hasPrefix("SwitchableFixture") })
            #expect(services.routes.current.webSocket(at: "/v1/realtime") == nil)
            #expect(try await bench.reload(both).result == .applied)
            #expect(keys() == before && series().count == count)
            #expect(services.routes.current.contributionCount == routes)
            #expect(services.routes.current.webSocket(at: "/v1/realtime") != nil)
        }
        // A change of its settings makes the next one while the one before still runs.
        let changed = base + "\n- name: LegacyWS\n- {name: SwitchableFixture, settings: {text: b}}"
        #expect(try await bench.reload(changed).result == .applied)
        let texts = services.readMetrics().filter { $0.name == "switchable_started" }.map { $0.labels.map(\.value) }
        #expect(texts == [["b"]] && series().count == count)
        await bench.end()
        #expect(names(services) == Set(ListenerMeters.help.keys))
    }
}
