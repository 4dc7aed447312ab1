import Logging
import PluginAPI
import Synchronization
import Testing

@testable import HostCore

@Suite("What the log says of a plugin's health")
struct HealthLogTests {
    @Test("a plugin that is degraded is said at a level at which its recovery is said as well")
    func levels() throws {
        let lines = Lines()
        var environment = PluginEnvironment.bench(.bench())
        environment.logger = Logger(label: "test") { _ in NotingHandler(lines: lines) }
        let descriptor = PluginDescriptor(name: "A", version: "1", summary: "A fake.")
        let image = PluginImage(
            reference: try PluginReference(name: "A"), path: "libA.so", stamp: .host, descriptor: descriptor,
            factory: FakeFactory(descriptor: descriptor, journal: Journal(), behaviour: FakeBehaviour()))
        let configuration = try #require(try load("plugins: [{name: A}]").host.plugins.first)
        let health = try PluginInstance(image: image, configuration: configuration, environment: environment).health
        health.advance(to: .ready)
        #expect(lines.all == [])
        health.degraded("no disk")
        health.recovered()
        health.recovered()
        #expect(lines.all == ["warning: Plugin is degraded", "warning: Plugin works fully again"])
    }

    private final class Lines: Sendable {
        private let texts = Mutex<[String]>([])
        var all: [String] { texts.withLock { $0 } }
        func add(_ text: String) { texts.withLock { $0.append(text) } }
    }

    /// Keeps what is logged at notice and above.
    private struct NotingHandler: LogHandler {
        let lines: Lines
        var metadata: Logger.Metadata = [:]
        var logLevel: Logger.Level = .notice

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) { lines.add("\(event.level): \(event.message)") }
    }
}
