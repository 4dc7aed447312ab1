import PluginAPI
import Synchronization

/// Says once that the store fails, and once that it works again.
struct StoreTrouble: Sendable {
    private final class State: Sendable {
        let isFailing = Mutex(false)
    }

    private let state = State()
    private let health: PluginHealth
    private let logger: Logger

    init(health: PluginHealth, logger: Logger) {
        self.health = health
        self.logger = logger
    }

    func failed(_ error: any Error) {
        guard !state.isFailing.withLock({ exchange(&$0, with: true) }) else { return }
        health.degraded("the outbox cannot be used")
        logger.error("The outbox of pushes cannot be used", metadata: ["error": "\(error)"])
    }

    func worked() {
        guard state.isFailing.withLock({ exchange(&$0, with: false) }) else { return }
        health.recovered()
        logger.notice("The outbox of pushes can be used again")
    }
}
