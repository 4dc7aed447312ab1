import PluginAPI
import Synchronization

/// What is wrong with the plugin's parts at the moment, as one state of health.
final class Shortcomings: Sendable {
    private struct Part {
        var reason: String
        /// What was said of it, without digits: times and ports differ from one attempt to the next.
        var said: Set<String>
    }

    /// So many different reasons of one part are said before it is well again.
    private static let mostReasons = 16

    private let parts = Mutex<[String: Part]>([:])
    private let health: PluginHealth
    private let logger: Logger

    init(health: PluginHealth, logger: Logger) {
        self.health = health
        self.logger = logger
    }

    /// Says what is wrong with a part; with nil that nothing is. What was said before the part was well again is nothing
    /// new.
    func set(_ reason: String?, of part: String) {
        let isRecovery = parts.withLock { parts in
            if let reason {
                let kind = reason.filter { !$0.isNumber }
                var said = parts[part]?.said ?? []
                guard said.count < Self.mostReasons, said.insert(kind).inserted else { return false }
                parts[part] = Part(reason: reason, said: said)
            } else if parts.removeValue(forKey: part) == nil {
                return false
            }
            if parts.isEmpty {
                health.recovered()
            } else {
                health.degraded(parts.sorted { $0.key < $1.key }.map(\.value.reason).joined(separator: "; "))
            }
            return reason == nil
        }
        if isRecovery { logger.warning("Works again", metadata: ["part": "\(part)"]) }
    }
}
