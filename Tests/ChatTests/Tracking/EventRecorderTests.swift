import NIOEmbedded
import PluginAPI
import Testing

@testable import ChatPlugin

@Suite("Tracked events", .timeLimit(.minutes(10)))
struct EventRecorderTests {
    private func event(_ name: String) -> TrackedEvent {
        TrackedEvent(
            device: DeviceIdentity(app: "app", device: "phone"), userID: "u", name: name, sessionID: "s", at: .epoch)
    }

    @Test("an event is told to subscribers at once and stored five seconds later")
    func interval() async throws {
        let bench = Bench()
        var batches = bench.store.batches.makeAsyncIterator()
        try bench.service.track(event("opened"))
        #expect(bench.heard.names == ["tracked opened"])
        #expect(bench.heard.topics.isEmpty)
        await bench.loop.advanceTime(by: .seconds(5))
        #expect(await batches.next()?.map(\.name) == ["opened"])
    }

    @Test("fifty events are stored without waiting")
    func threshold() async throws {
        let bench = Bench()
        var batches = bench.store.batches.makeAsyncIterator()
        for number in 0..<50 { try bench.service.track(event("\(number)")) }
        #expect(await batches.next()?.count == 50)
    }

    @Test("a drain stores what waits, and tries once more what failed")
    func drain() async throws {
        let bench = Bench()
        var batches = bench.store.batches.makeAsyncIterator()
        bench.store.state.withLock { $0.failures = [ChatError(.unavailable, "away")] }
        try bench.service.track(event("1"))
        try bench.service.track(event("2"))
        await bench.service.drain(until: .now() + .seconds(30))
        #expect(await batches.next()?.map(\.name) == ["1", "2"])
        await bench.service.drain(until: .now() + .seconds(30))
    }

    @Test("a drain does not wait for a store that stays away")
    func hopeless() async throws {
        let bench = Bench()
        bench.store.state.withLock { $0.failures = Array(repeating: ChatError(.unavailable, "away"), count: 5) }
        try bench.service.track(event("1"))
        await bench.service.drain(until: .now() + .seconds(30))
        #expect(bench.store.state.withLock { $0.failures.count } == 3)
    }

    @Test("a full queue answers unavailable and tells nobody, and so does one that is closed")
    func full() throws {
        var configuration = ChatConfiguration()
        configuration.eventQueueLimits.count = 4
        let bench = Bench(configuration: configuration)
        try bench.service.track(event("1"))
        try bench.service.track(event("2"))
        let error = #expect(throws: ChatError.self) { try bench.service.track(event("3")) }
        #expect(error?.code == .unavailable && error?.retryAfter != nil)
        #expect(bench.heard.names == ["tracked 1", "tracked 2"])

        let closed = Bench()
        closed.service.close()
        #expect(throws: ChatError.self) { try closed.service.track(event("1")) }
    }
}
