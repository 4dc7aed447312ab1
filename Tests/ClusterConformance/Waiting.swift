import NIOPosix
import PluginAPI
import Testing

/// Waits until something is so; fails the test if it does not become so. On an event loop's timer, which tasks' own
/// sleeping is not.
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
