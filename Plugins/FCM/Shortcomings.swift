import PluginAPI
import Synchronization

/// What is wrong with the plugin's parts at the moment, as one state of health.
final class Shortcomings: Sendable {
    private let reasons = Mutex<[String: String]>([:])
    private let health: PluginHealth
    private let logger: Logger

    init(health: PluginHealth, logger: Logger) {
        self.health = health
        self.logger = logger
    }

    /// Says what is wrong with a part; with nil that nothing is. Saying the same again is nothing new.
    func set(_ reason: String?, of part: String) {
        let isRecovery = reasons.withLock { reasons in
            guard reasons[part] != reason else { return false }
            let wasBad = exchange(&reasons[part], with: reason) != nil
            if reasons.isEmpty {
                health.recovered()
            } else {
                health.degraded(reasons.sorted { $0.key < $1.key }.map(\.value).joined(separator: "; "))
            }
            return wasBad && reason == nil
        }
        if isRecovery { logger.notice("Works again", metadata: ["part": "\(part)"]) }
    }
}
