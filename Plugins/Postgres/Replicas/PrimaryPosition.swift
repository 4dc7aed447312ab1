import PluginAPI
import Synchronization

/// Asks the primary how far it is, one question for all who want to know at the same time.
///
/// Whoever asks gets an answer to a question that was sent later: all that anybody was told is committed before it
/// asked lies before that position, on whichever node it was.
final class PrimaryPosition: Sendable {
    private struct State {
        /// The question that who comes now waits for.
        var question: UInt64 = 0
        var isAsking = false
    }

    private let pool: PostgresPool
    private let state = Mutex(State())
    /// By the question that they wait for.
    private let waiting = WaitingList<UInt64, WALPosition>()

    init(_ pool: PostgresPool) {
        self.pool = pool
    }

    /// Throws what the primary's pool throws, or `CancellationError`.
    func next() async throws -> WALPosition {
        let question = state.withLock { $0.question }
        return try await waiting.wait(for: question) { if starts() { Task { await ask() } } }
    }

    private func starts() -> Bool {
        state.withLock { state in
            defer { state.isAsking = true }
            return !state.isAsking
        }
    }

    private func ask() async {
        while let question = nextQuestion() {
            let result: Result<WALPosition, any Error>
            do {
                result = .success(try await pool.read([Step(.primaryPosition)]) { try Self.position($0) })
            } catch {
                result = .failure(error)
            }
            waiting.resume(with: result) { $0 <= question }
        }
    }

    /// Nil: nobody waits.
    private func nextQuestion() -> UInt64? {
        state.withLock { state in
            if waiting.isEmpty {
                state.isAsking = false
                return nil
            }
            defer { state.question += 1 }
            return state.question
        }
    }

    private static func position(_ rows: [Rows]) throws -> WALPosition {
        guard let position = try rows.first?.first(as: WALPosition.init(row:)) else {
            throw ChatError(.internalError, "The store lost a result")
        }
        return position
    }
}
