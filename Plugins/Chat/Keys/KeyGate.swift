import PluginAPI
import Synchronization

/// Checks client keys, mostly from memory: a remembered key costs one digest and one short lock.
final class KeyGate: Sendable {
    private struct Read {
        var number: Int
        /// Not bound to one caller: all who ask for the app meanwhile wait for it, and one who gives up harms nobody.
        var task: Task<AppCredentials?, any Error>
    }

    private struct State {
        var cache: KeyCache
        var policies: PolicyCache
        var reads: [AppID: Read] = [:]
        var readCount = 0
        /// What was read of an app before it was forgotten is not remembered.
        var forgotten = ForgottenApps(capacity: capacity)
    }

    /// How many keys are remembered of each kind (`http.md` 3).
    private static let capacity = 10_000

    private let store: any Store
    private let clock: any WallClock
    private let eventLoop: any EventLoop
    private let acceptedLifetime: Duration
    private let refusedLifetime: Duration
    private let state = Mutex(
        State(cache: KeyCache(capacity: capacity), policies: PolicyCache(capacity: capacity)))
    private let wasRead: @Sendable (AppCredentials) -> Void

    /// - Parameters:
    ///   - eventLoop: whose time counts for the cache.
    ///   - wasRead: called with what the store holds of an app whose client was let in.
    init(
        store: any Store, clock: any WallClock, eventLoop: any EventLoop, configuration: ChatConfiguration,
        wasRead: @escaping @Sendable (AppCredentials) -> Void = { _ in }
    ) {
        self.wasRead = wasRead
        self.store = store
        self.clock = clock
        self.eventLoop = eventLoop
        acceptedLifetime = configuration.acceptedKeyLifetime
        refusedLifetime = configuration.refusedKeyLifetime
    }

    func accepts(key: String, of app: AppID) async throws -> Bool {
        guard let digest = KeyDigest(app: app, key: key) else { return false }
        let now = eventLoop.now
        if let known = state.withLock({ $0.cache.verdict(on: digest, at: now) }) { return known }

        let epoch = state.withLock { $0.forgotten.epoch }
        let credentials = try await credentials(of: app)
        let verdict = KeyVerdict.of(key, against: credentials, at: clock.now)
        remember(verdict, digest, of: app, epoch: epoch)
        if verdict.isAccepted, let credentials {
            remember(credentials.identity, of: app, epoch: epoch)
            // What was read before a change says nothing of the present.
            if state.withLock({ $0.forgotten.isKept(app, since: epoch) }) { wasRead(credentials) }
        }
        return verdict.isAccepted
    }

    /// What the app asks for in proofs of identity; nil: nothing. Known from the key's check, as a rule.
    func identityPolicy(of app: AppID) async throws -> IdentityPolicy? {
        let now = eventLoop.now
        if case .known(let policy) = state.withLock({ $0.policies.policy(of: app, at: now) }) { return policy }
        let epoch = state.withLock { $0.forgotten.epoch }
        let policy = try await credentials(of: app)?.identity
        remember(policy, of: app, epoch: epoch)
        return policy
    }

    func forget(_ app: AppID) {
        state.withLock { state in
            state.cache.forget(app)
            state.policies.forget(app)
            state.reads[app] = nil
            state.forgotten.forget(app)
        }
    }

    private func remember(_ verdict: KeyVerdict, _ digest: KeyDigest, of app: AppID, epoch: Int) {
        let lifetime = verdict.isAccepted ? acceptedLifetime : refusedLifetime
        let validity = min(lifetime, verdict.validity ?? lifetime)
        guard validity > .zero else { return }
        let until = eventLoop.now + TimeAmount(validity)
        state.withLock { state in
            guard state.forgotten.isKept(app, since: epoch) else { return }
            state.cache.remember(verdict.isAccepted, digest, of: app, until: until)
        }
    }

    private func remember(_ policy: IdentityPolicy?, of app: AppID, epoch: Int) {
        guard acceptedLifetime > .zero else { return }
        let until = eventLoop.now + TimeAmount(acceptedLifetime)
        state.withLock { state in
            guard state.forgotten.isKept(app, since: epoch) else { return }
            state.policies.remember(policy, of: app, until: until)
        }
    }

    /// Reads the app's credentials; calls at the same time share one read.
    private func credentials(of app: AppID) async throws -> AppCredentials? {
        let read = state.withLock { state in
            if let read = state.reads[app] { return read }
            state.readCount += 1
            let read = Read(number: state.readCount, task: Task { [store] in try await store.credentials(of: app) })
            state.reads[app] = read
            return read
        }
        defer {
            state.withLock { state in
                if state.reads[app]?.number == read.number { state.reads[app] = nil }
            }
        }
        do {
            return try await read.task.value
        } catch let error as ChatError {
            throw error
        } catch {
            throw ChatError(
                .unavailable, "The service is temporarily unavailable", retryAfter: .seconds(1), underlying: error)
        }
    }
}
