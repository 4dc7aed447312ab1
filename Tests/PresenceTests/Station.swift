import Logging
import NIOEmbedded
import Synchronization

@testable import PluginAPI
@testable import PresencePlugin

/// One node: its hub, its loop, and what was published on it.
struct Station {
    let loop = NIOAsyncTestingEventLoop()
    let hub = RealtimeHub(eventLoops: [])
    let heard = Heard()
    let health: PluginHealth
    /// Each change of health, which the host logs.
    let changes: Changes
    let service: PresenceService
    let link: PresenceLink

    init(_ directory: MemoryDirectory, node: NodeID = .random()) {
        let changes = Changes()
        self.changes = changes
        health = PluginHealth(clock: SystemClock()) { changes.add($0) }
        health.advance(to: .ready)
        let service = PresenceService(hub: hub, eventLoop: loop, offlineGrace: .seconds(4))
        self.service = service
        hub.subscribe({ [heard] in heard.add($0) }, owner: "test")
        link = PresenceLink(
            directory: directory, node: node, lease: .seconds(60), shortLease: .seconds(4), settleLimit: .seconds(6),
            eventLoop: loop, health: health,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            connections: { [weak service] in service?.localConnections ?? [] },
            announce: { [hub] event in hub.publish(event, to: [.app(event.app)]) })
        service.follow(link)
    }

    /// Waits until all calls have been made.
    func settled() async { await link.idle(until: .distantFuture) }

    /// Stops as a node does that has all the time it wants.
    func stop() async { await service.close(until: .distantFuture) }

    func pass(_ seconds: Int64) async {
        await loop.advanceTime(by: .seconds(seconds))
        await settled()
    }

    var announced: [String] { heard.names.filter { $0.hasPrefix("online") || $0.hasPrefix("offline") } }
}

final class Changes: Sendable {
    private let reports = Mutex<[PluginHealth.Report]>([])
    func add(_ report: PluginHealth.Report) { reports.withLock { $0.append(report) } }
    var all: [PluginHealth.Report] { reports.withLock { $0 } }
}
