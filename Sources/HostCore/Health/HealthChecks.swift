import PluginAPI
import Synchronization

/// The checks that plugins contributed to readiness. Each is asked at most once a second and given two.
final class HealthChecks: Sendable {
    private let probes = Mutex<[HealthProbe]>([])
    private let interval: Duration
    private let limit: Duration

    /// - Parameters:
    ///   - interval: how long an answer is fresh.
    ///   - limit: how long an answer may take.
    init(interval: Duration = .seconds(1), limit: Duration = .seconds(2)) {
        self.interval = interval
        self.limit = limit
    }

    func add(_ check: @escaping HealthProbe.Check, by owner: String) {
        let probe = HealthProbe(owner: owner, interval: interval, limit: limit, check)
        probes.withLock { $0.append(probe) }
    }

    func removeAll(owner: String) {
        probes.withLock { probes in probes.removeAll { $0.owner == owner } }
    }

    /// What fails now: the plugin, and why.
    func failures() async -> [String: String] {
        // All are asked before the first answer is waited for.
        let answers = probes.withLock { $0 }.map { ($0.owner, $0.ask()) }
        var failures: [String: String] = [:]
        for (owner, answer) in answers {
            guard let failure = await answer.value else { continue }
            failures[owner] = failures[owner].map { "\($0); \(failure)" } ?? failure
        }
        return failures
    }
}

/// One check with its latest answer.
final class HealthProbe: Sendable {
    typealias Check = @Sendable () async throws -> Void

    private struct State {
        var askedAt: ContinuousClock.Instant?
        var answer: Task<String?, Never>?
        /// The check has not come back, in time or not.
        var isUnderWay = false
    }

    let owner: String
    private let interval: Duration
    private let limit: Duration
    private let check: Check
    private let state = Mutex(State())

    init(owner: String, interval: Duration, limit: Duration, _ check: @escaping Check) {
        self.owner = owner
        self.interval = interval
        self.limit = limit
        self.check = check
    }

    /// Why the check fails, nil if it does not: the answer to the last question while that is fresh, or is still
    /// awaited. A check that hangs is not asked again, so that nothing piles up behind it.
    func ask() -> Task<String?, Never> {
        state.withLock { state in
            let now = ContinuousClock.now
            if let answer = state.answer, let askedAt = state.askedAt,
                state.isUnderWay || now - askedAt < interval
            {
                return answer
            }
            state.askedAt = now
            state.isUnderWay = true
            // Ends within the limit.
            let answer = Task(executorPreference: HostLoop.executor) { await self.verdict() }
            state.answer = answer
            return answer
        }
    }

    private func verdict() async -> String? {
        let answered: String?? = await Bounded.run(for: limit, on: PluginThreads.shared) {
            let failure: String?
            do {
                try await self.check()
                failure = nil
            } catch {
                failure = PluginFailure.text(error)
            }
            self.state.withLock { $0.isUnderWay = false }
            return failure
        }
        switch answered {
        case .some(let failure): return failure
        case .none: return "no answer within \(limit)"
        }
    }
}
