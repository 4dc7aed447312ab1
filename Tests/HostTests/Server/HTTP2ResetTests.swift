import NIOCore
import NIOPosix
import NIOSSL
import PluginAPI
import Synchronization
import Testing

@testable import HostCore

@Suite("Requests of HTTP/2 that are reset while they run", .timeLimit(.minutes(10)))
struct HTTP2ResetTests {
    /// So many requests fit into what one connection may have waiting.
    private static let most = 16

    @Test("what a reset request was counted for is held until its route has ended, and is then given back once")
    func reservation() async throws {
        let meters = MetricsScope(owner: "test", logger: Logger(label: "test"))
        try await serve(meters) { client, server, routes in
            for round in 0..<2 {
                let first = round * Self.most * 2
                let streams = (0..<Self.most * 2).map { HTTP2Client.stream(first + $0) }
                for stream in streams.prefix(Self.most) { try await client.get("/stubborn", on: stream) }
                await routes.entered(first + Self.most)
                for stream in streams.prefix(Self.most) { try await client.reset(stream) }
                await routes.cancelled((round + 1) * Self.most)
                #expect(Self.aborted(meters) == (round + 1) * Self.most)
                // As many more have no room while the routes go on, though none of their peers waits any more: one gets in
                // for each that ends. Any that got in without would be one too many at once, at the latest when the next
                // but one has.
                for stream in streams.suffix(Self.most) { try await client.get("/stubborn", on: stream) }
                for place in 1...Self.most {
                    try await client.fence()
                    routes.letGo(1)
                    await routes.entered(first + Self.most + place)
                }
                #expect(routes.mostAtOnce == Self.most, "round \(round)")
                // Each gives back what it was counted for, and not twice: in the next round there is room for as many.
                routes.letGo(Self.most)
                for stream in streams.suffix(Self.most) { #expect(try await client.answer(stream) == 200) }
                await routes.left(first + Self.most * 2)
            }
            // The last answers have left too.
            try await client.fence()
            #expect(routes.mostAtOnce == Self.most)
            #expect(server.listener.desk.unsent.byteCount == 0)
        }
    }

    @Test("after resets no more requests run at once than before")
    func bound() async throws {
        try await serve() { client, _, routes in
            for place in 0..<Self.most { try await client.get("/stubborn", on: HTTP2Client.stream(place)) }
            await routes.entered(Self.most)
            for place in 0..<Self.most { try await client.reset(HTTP2Client.stream(place)) }
            await routes.cancelled(Self.most)
            routes.letGo(Self.most)
            await routes.left(Self.most)
            // Twice as many as have room.
            for place in Self.most..<3 * Self.most { try await client.get("/stubborn", on: HTTP2Client.stream(place)) }
            await routes.entered(2 * Self.most)
            try await client.fence()
            #expect(routes.enteredCount == 2 * Self.most)
            routes.letGo(2 * Self.most)
            await routes.left(3 * Self.most)
            #expect(routes.mostAtOnce == Self.most)
        }
    }

    @Test("an answer that its peer resets halfway waits for no reader any more")
    func answer() async throws {
        let meters = MetricsScope(owner: "test", logger: Logger(label: "test"))
        try await serve(meters) { client, server, routes in
            let stream = HTTP2Client.stream(0)
            // The peer's window takes 65,535 bytes of it.
            try await client.get("/large", on: stream)
            #expect(try await client.answer(stream) == 200)
            try await client.fence()
            #expect(server.listener.desk.unsent.byteCount >= 3_000_000)
            try await client.reset(stream)
            try await client.fence()
            #expect(server.listener.desk.unsent.byteCount == 0 && Self.aborted(meters) == 1)
            // The connection goes on.
            try await client.get("/hello", on: HTTP2Client.stream(1))
            #expect(try await client.answer(HTTP2Client.stream(1)) == 200)
            try await client.fence()
            #expect(Self.aborted(meters) == 1)
        }
    }

    /// How many requests were ended by their peer before they were answered.
    private static func aborted(_ meters: MetricsScope) -> Int {
        meters.read().compactMap { reading -> Int? in
            guard reading.name == "replyhq_http_aborted_requests_total", case .counter(let count) = reading.value else {
                return nil
            }
            return Int(count)
        }.reduce(0, +)
    }

    private func serve(
        _ meters: MetricsScope = MetricsScope(owner: "test", logger: Logger(label: "test")),
        _ test: (HTTP2Client, TestServer, StubbornRoute) async throws -> Void
    ) async throws {
        let certificate = try TLSTests.Certificate()
        try await TestServer.run(certificate.configuration, meters: ListenerMeters(meters)) { server in
            let routes = StubbornRoute()
            try server.routes.addRoutes({ $0.get("stubborn") { _, _ in await routes.run() } }, by: "Stubborn")
            let client = try await HTTP2Client.connect(to: server.port)
            var failure: (any Error)?
            do { try await test(client, server, routes) } catch { failure = error }
            routes.letGo(1_000)
            await client.close()
            if let failure { throw failure }
        }
    }
}

/// A route that goes on when its request is cancelled, until the test lets it go.
final class StubbornRoute: Sendable {
    private struct State {
        var entered = 0
        var cancelled = 0
        var left = 0
        var mostAtOnce = 0
        /// How many more may leave.
        var passes = 0
        var waiting: [CheckedContinuation<Void, Never>] = []
        var watchers: [(@Sendable (State) -> Bool, CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())

    var enteredCount: Int { state.withLock { $0.entered } }
    var mostAtOnce: Int { state.withLock { $0.mostAtOnce } }

    func run() async -> String {
        change { state in
            state.entered += 1
            state.mostAtOnce = max(state.mostAtOnce, state.entered - state.left)
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let mayPass = state.withLock { state in
                    guard state.passes == 0 else {
                        state.passes -= 1
                        return true
                    }
                    state.waiting.append(continuation)
                    return false
                }
                if mayPass { continuation.resume() }
            }
        } onCancel: {
            change { $0.cancelled += 1 }
        }
        change { $0.left += 1 }
        return "done"
    }

    /// Lets so many go, of those that are here and then of those that come.
    func letGo(_ count: Int) {
        let gone = state.withLock { state in
            let gone = state.waiting.prefix(count)
            state.waiting.removeFirst(gone.count)
            state.passes += count - gone.count
            return Array(gone)
        }
        for continuation in gone { continuation.resume() }
    }

    func entered(_ count: Int) async { await until { $0.entered >= count } }
    func cancelled(_ count: Int) async { await until { $0.cancelled >= count } }
    func left(_ count: Int) async { await until { $0.left >= count } }

    private func until(_ condition: @escaping @Sendable (State) -> Bool) async {
        await withCheckedContinuation { continuation in change { $0.watchers.append((condition, continuation)) } }
    }

    private func change(_ edit: (inout State) -> Void) {
        let met = state.withLock { state in
            edit(&state)
            let now = state
            let met = state.watchers.filter { $0.0(now) }.map(\.1)
            state.watchers.removeAll { $0.0(now) }
            return met
        }
        for continuation in met { continuation.resume() }
    }
}
