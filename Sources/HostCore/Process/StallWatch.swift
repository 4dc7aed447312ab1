import Logging
import NIOCore
import PluginAPI
import Synchronization

/// Notices threads that everybody shares and that do not get on: an event loop, or those of Swift's tasks. A plugin that
/// blocks them holds up requests of all.
///
/// Each is asked once a second, from the host's own thread, and has stalled when it has not answered five times in a row.
/// A machine that slept, or a process that was stopped, lets no question go by.
final class StallWatch: Sendable {
    private struct Probe {
        var name: String
        var isAsked = false
        var missed = 0
    }

    private static let most = 5
    private let probes: Mutex<[Probe]>
    private let loops: [any EventLoop]
    private let logger: Logger

    init(_ loops: [any EventLoop], logger: Logger) {
        self.loops = loops
        self.logger = logger
        let names = ["Swift's task threads"] + loops.indices.map { "event loop \($0 + 1) of \(loops.count)" }
        probes = Mutex(names.map { Probe(name: $0) })
    }

    /// What has stalled, with the time.
    var stalled: [String] {
        probes.withLock { $0 }.filter { $0.missed >= Self.most }.map { "\($0.name): no progress for \($0.missed) s" }
    }

    /// Asks once a second until the process ends.
    func begin() {
        HostLoop.loop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { _ in self.ask() }
    }

    private func ask() {
        for index in 0...loops.count {
            let (isDue, name) = probes.withLock { probes -> (Bool, String?) in
                guard probes[index].isAsked else {
                    probes[index].isAsked = true
                    return (true, nil)
                }
                probes[index].missed += 1
                return (false, probes[index].missed == Self.most ? probes[index].name : nil)
            }
            if let name {
                logger.critical(
                    "Threads are blocked, and requests wait", metadata: ["what": "\(name)", "for": "\(Self.most)s"])
            }
            guard isDue else { continue }
            if index == 0 {
                Task.detached { self.hear(0) }
            } else {
                loops[index - 1].execute { self.hear(index) }
            }
        }
    }

    private func hear(_ index: Int) {
        let probe = probes.withLock { probes in
            defer {
                probes[index].isAsked = false
                probes[index].missed = 0
            }
            return probes[index]
        }
        guard probe.missed >= Self.most else { return }
        logger.critical(
            "Threads get on again", metadata: ["what": "\(probe.name)", "after": "\(probe.missed)s"])
    }
}
