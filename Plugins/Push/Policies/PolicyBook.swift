import PluginAPI
import Synchronization

/// What apps want of pushes, from the store and remembered for a minute.
final class PolicyBook: Sendable {
    private struct Entry {
        var rules: AppRules
        var until: NIODeadline
    }

    private static let lifetime = TimeAmount.seconds(60)
    private static let capacity = 10_000

    private let store: any Store
    private let defaults: AppRules
    private let logger: Logger
    private let entries = Mutex(ArrivalTable<AppID, Entry>())

    init(store: any Store, defaults: AppRules, logger: Logger) {
        self.store = store
        self.defaults = defaults
        self.logger = logger
    }

    /// What is known of an app without asking; nil: nothing, or it is too old to decide by.
    func remembered(_ app: AppID, at now: NIODeadline = .now()) -> AppRules? {
        entries.withLock { entries in
            guard let entry = entries[app], entry.until > now else { return nil }
            return entry.rules
        }
    }

    /// Wishes that cannot be read are said in the log and count as none. Throws what the store throws.
    func rules(of app: AppID) async throws -> AppRules {
        if let rules = remembered(app) { return rules }
        let settings = try await store.pushSettings(of: app) ?? [:]
        let rules: AppRules
        do throws(ChatError) {
            rules = defaults.with(try PushPolicy(settings: settings))
        } catch {
            logger.warning(
                "An app's wishes for pushes cannot be read; the configuration's hold",
                metadata: ["app": "\(app)", "reason": "\(error.reason)"])
            rules = defaults
        }
        entries.withLock { entries in
            entries.removeValue(for: app)
            entries.append(Entry(rules: rules, until: .now() + Self.lifetime), for: app)
            if entries.count > Self.capacity { entries.removeFirst() }
        }
        return rules
    }
}
