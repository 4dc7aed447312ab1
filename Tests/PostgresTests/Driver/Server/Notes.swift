import NIOPosix
import PluginAPI
import Synchronization
import Testing

@testable import PostgresPlugin

/// A small table that the driver's tests write to.
enum Notes {
    /// Without a unique key: whatever is stored twice shows.
    static let loose = "CREATE TABLE notes (id text NOT NULL, lane text, number bigint GENERATED ALWAYS AS IDENTITY)"
    static let strict = loose + "; ALTER TABLE notes ADD PRIMARY KEY (id), ADD CHECK (id <> 'odd')"

    static let insert = Statement("insert", "INSERT INTO notes (id, lane) VALUES ($1, $2) RETURNING number")
    static let count = Statement("count", "SELECT count(*) FROM notes")
    static let sleep = Statement("sleep", "SELECT pg_sleep($1::text::float8)::text, pg_backend_pid()")

    static func step(_ id: String, lane: String = "x") -> Step { Step(insert, .text(id), .text(lane)) }
}

extension PostgresPool {
    /// Writes one row and returns its number.
    @discardableResult
    func note(
        _ id: String, lane: String = "x", committed: (@Sendable (Int64) -> Void)? = nil
    ) async throws -> Int64 {
        try await write(in: LaneKey(lane), [Notes.step(id, lane: lane)], committed: committed) { rows in
            try rows.first?.first { try $0.integer(0) } ?? -1
        }
    }

    func noteCount() async throws -> Int64 {
        try await read([Step(Notes.count)]) { try $0.first?.first { try $0.integer(0) } ?? -1 }
    }

    /// Returns once so many writes wait in the driver; fails the test if that never comes.
    func untilWaiting(_ count: Int) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while waitingWrites < count {
            try #require(ContinuousClock.now < deadline, "the writes never arrived")
            try await MultiThreadedEventLoopGroup.singleton.pause(for: .milliseconds(2))
        }
        // Asked behind them: when it is answered the driver has taken all of them in.
        _ = try await noteCount()
    }

    /// Tries until a write succeeds again; fails the test if it does not within the bound.
    func untilWriting() async throws {
        _ = try await untilAvailable { try await note("probe \(IDGenerator.uuidV4())") }
    }

    /// Tries until the rows can be counted again.
    func untilReading() async throws -> Int64 {
        try await untilAvailable { try await noteCount() }
    }

    private func untilAvailable(_ body: () async throws -> Int64) async throws -> Int64 {
        let deadline = ContinuousClock.now + .seconds(120)
        while true {
            do {
                return try await body()
            } catch let error as ChatError where error.code == .unavailable {
                try #require(ContinuousClock.now < deadline, "the store did not recover: \(String(reflecting: error))")
                try await MultiThreadedEventLoopGroup.singleton.pause(for: .milliseconds(20))
            }
        }
    }
}

/// What was heard, in order.
final class Journal<Entry: Sendable>: Sendable {
    private let entries = Mutex<[Entry]>([])

    func add(_ entry: Entry) { entries.withLock { $0.append(entry) } }
    var all: [Entry] { entries.withLock { $0 } }
    var count: Int { entries.withLock { $0.count } }
}

/// Expects `unavailable` with advice, and returns the cause behind it.
@discardableResult
func expectUnavailable(
    _ body: () async throws -> some Any, _ location: SourceLocation = #_sourceLocation
) async -> PostgresFailure? {
    do {
        _ = try await body()
        Issue.record("it succeeded", sourceLocation: location)
    } catch let error as ChatError {
        #expect(error.code == .unavailable && error.retryAfter != nil, "\(error)", sourceLocation: location)
        return error.underlying as? PostgresFailure
    } catch {
        Issue.record("\(error)", sourceLocation: location)
    }
    return nil
}
