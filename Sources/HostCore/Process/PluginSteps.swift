import PluginAPI
import Synchronization

/// Which plugin the process waits for, and in which step: what is said when one does not come to an end.
final class PluginSteps: Sendable {
    private struct Step {
        var plugin: String
        var name: String
        var began: ContinuousClock.Instant
    }

    /// Whom to tell that a step is over.
    struct Token: Sendable {
        fileprivate let number: Int
    }

    private let steps = Mutex<(next: Int, open: [Int: Step])>((0, [:]))

    /// - Parameter step: as it fits after "in its", such as `start()`.
    func begin(_ step: String, of plugin: String, at now: ContinuousClock.Instant = .now) -> Token {
        steps.withLock { steps in
            defer { steps.next += 1 }
            steps.open[steps.next] = Step(plugin: plugin, name: step, began: now)
            return Token(number: steps.next)
        }
    }

    func end(_ token: Token) { steps.withLock { $0.open[token.number] = nil } }

    /// The steps under way, the oldest first, such as `Echo: stop() for 3 s`.
    func lines(of plugin: String? = nil, at now: ContinuousClock.Instant = .now) -> [String] {
        let open = steps.withLock { $0.open }
        return open.sorted { $0.key < $1.key }.map(\.value).filter { plugin == nil || $0.plugin == plugin }.map {
            step in
            let lasted = Duration.seconds((now - step.began).components.seconds)
            return "\(step.plugin): \(step.name) for \(DurationText.format(lasted))"
        }
    }
}
