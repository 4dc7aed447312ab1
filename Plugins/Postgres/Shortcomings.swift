import PluginAPI
import Synchronization

/// What of several parts does not work at present, as the plugin's health shows it.
final class Shortcomings: Sendable {
    private let health: PluginHealth
    private let reasons = Mutex<[String: String]>([:])

    init(_ health: PluginHealth) {
        self.health = health
    }

    /// Says what is wrong with a part; with nil that nothing is.
    func set(_ reason: String?, of part: String) {
        reasons.withLock { reasons in
            reasons[part] = reason
            if reasons.isEmpty { return health.recovered() }
            health.degraded(reasons.sorted { $0.key < $1.key }.map(\.value).joined(separator: "; "))
        }
    }
}
