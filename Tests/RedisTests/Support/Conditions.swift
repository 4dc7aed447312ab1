import NIOPosix
import PluginAPI
import Synchronization
import Testing

/// What was heard, in order.
final class Journal<Entry: Sendable>: Sendable {
    private let entries = Mutex<[Entry]>([])

    func add(_ entry: Entry) { entries.withLock { $0.append(entry) } }
    var all: [Entry] { entries.withLock { $0 } }
    var count: Int { entries.withLock { $0.count } }
}

/// Waits until something is so; fails the test if it does not become so. On an event loop's timer: hundreds of short
/// sleeps of tasks at a time were seen to end never.
func until(
    _ what: String, within bound: Duration = .seconds(30), _ location: SourceLocation = #_sourceLocation,
    _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + bound
    while try await !condition() {
        try #require(ContinuousClock.now < deadline, "never: \(what)", sourceLocation: location)
        try await MultiThreadedEventLoopGroup.singleton.next().scheduleTask(in: .milliseconds(5)) {}.futureResult.get()
    }
}
