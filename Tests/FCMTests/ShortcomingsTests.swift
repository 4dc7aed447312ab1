import Logging
import PluginAPI
import Synchronization
import Testing

@testable import FCMPlugin

@Suite("FCM: what is said of its parts")
struct ShortcomingsTests {
    @Test("a reason is said once, whatever its numbers, until the part is well again")
    func once() {
        let said = Mutex<[String?]>([])
        let health = PluginHealth(clock: SystemClock()) { report in
            if report.state == .degraded { said.withLock { $0.append(report.reason) } }
        }
        health.advance(to: .ready)
        let shortcomings = Shortcomings(health: health, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        for milliseconds in [5_001, 5_000, 12] {
            shortcomings.set("curl 28: Connection timed out after \(milliseconds) ms", of: "a")
            shortcomings.set("curl 7: Could not connect", of: "a")
        }
        #expect(
            said.withLock { $0 } == ["curl 28: Connection timed out after 5001 ms", "curl 7: Could not connect"])
        shortcomings.set(nil, of: "a")
        #expect(health.report.state == .ready)
        shortcomings.set("curl 7: Could not connect", of: "a")
        #expect(health.report.state == .degraded)
    }
}
