import PluginAPI
import Synchronization

/// The checks that plugins contributed to readiness. Each is asked at most once a second and given two.
final class HealthChecks: Sendable {
    typealias Check = @Sendable () async throws -> Void

    private struct Entry: Sendable {
        var owner: String
        var check: Check
        var askedAt: ContinuousClock.Instant?
        var failure: String?
    }

    private let entries = Mutex<[Entry]>([])
    private let shortestInterval = Duration.seconds(1)
    private let limit = Duration.seconds(2)

    func add(_ check: @escaping Check, by owner: String) {
        entries.withLock { $0.append(Entry(owner: owner, check: check)) }
    }

    func removeAll(owner: String) {
        entries.withLock { entries in entries.removeAll { $0.owner == owner } }
    }

    /// What fails now: the plugin, and why.
    func failures() async -> [String: String] {
        let now = ContinuousClock.now
        let due = entries.withLock { entries in
            entries.indices.compactMap { index -> (String, Check)? in
                if let asked = entries[index].askedAt, now - asked < shortestInterval { return nil }
                entries[index].askedAt = now
                return (entries[index].owner, entries[index].check)
            }
        }
        await withTaskGroup(of: (String, String?).self) { group in
            for (owner, check) in due {
                group.addTask { (owner, await self.ask(check)) }
            }
            for await (owner, failure) in group {
                entries.withLock { entries in
                    for index in entries.indices where entries[index].owner == owner { entries[index].failure = failure }
                }
            }
        }
        return entries.withLock { entries in
            Dictionary(
                entries.compactMap { entry in entry.failure.map { (entry.owner, $0) } },
                uniquingKeysWith: { first, _ in first }
            )
        }
    }

    /// Why the check fails; nil: it does not. The first of check and limit decides; the other is cancelled.
    private func ask(_ check: @escaping Check) async -> String? {
        await withTaskGroup(of: String?.self) { group in
            group.addTask {
                do {
                    try await check()
                    return nil
                } catch {
                    return PluginFailure.text(error)
                }
            }
            group.addTask { [limit] in
                // Cancelled when the check answers first; nobody reads the answer then.
                try? await Task.sleep(for: limit)
                return "no answer within \(limit)"
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first
        }
    }
}
