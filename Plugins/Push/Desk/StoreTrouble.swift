import PluginAPI
import Synchronization

/// Says once that the store fails, and once that it works again; beside what is wrong all the time.
struct StoreTrouble: Sendable {
    private final class State: Sendable {
        let isFailing = Mutex(false)
    }

    private let state = State()
    private let health: PluginHealth
    private let logger: Logger
    private let lasting: String?

    /// - Parameter lasting: what is wrong until the settings change; nil: nothing.
    init(health: PluginHealth, logger: Logger, lasting: String?) {
        self.health = health
        self.logger = logger
        self.lasting = lasting
        if let lasting { health.degraded(lasting) }
    }

    func failed(_ error: any Error) {
        guard !state.isFailing.withLock({ exchange(&$0, with: true) }) else { return }
        health.degraded(["the outbox cannot be used", lasting].compactMap(\.self).joined(separator: "; "))
        logger.error("The outbox of pushes cannot be used", metadata: ["error": "\(ErrorText.detailed(error))"])
    }

    func worked() {
        guard state.isFailing.withLock({ exchange(&$0, with: false) }) else { return }
        if let lasting { health.degraded(lasting) } else { health.recovered() }
        logger.error("The outbox of pushes can be used again")
    }
}
