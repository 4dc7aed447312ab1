import Foundation
import Logging
import Metrics
import NIOPosix
import PluginAPI
import SQLitePlugin
import Testing

@testable import PushPlugin

@Suite("Push: handing over")
struct DeliveryTests {
    private let folder = FileManager.default.temporaryDirectory
        .appendingPathComponent("replyhq-push-\(IDGenerator.uuidV4())")

    private func withDesk(_ body: (PushDesk) -> Void) async throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let store = try await SQLiteStore.open(SQLiteOptions(path: folder.path + "/test.db"))
        let clock = SystemClock()
        let desk = PushDesk(
            store: store, configuration: PushConfiguration(), presence: { nil }, providers: { _ in nil }, clock: clock,
            eventLoop: MultiThreadedEventLoopGroup.singleton.next(), metrics: PushMetrics(NOOPMetricsHandler.instance),
            health: PluginHealth(clock: clock), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        body(desk)
        desk.close()
        try await store.close()
    }

    @Test("what was decided on before its provider went waits again, and not for the end of a lease")
    func providerGone() async throws {
        try await withDesk { desk in
            let before = desk.clock.now
            desk.deliver(PushBundle([waiting("m1", hold: .retry)])!, AppRules())
            desk.deliver(PushBundle([waiting("m2"), waiting("m3")])!, AppRules())
            let results = desk.state.withLock { $0.takeBatches() }["app"]?.results ?? []
            #expect(Set(results.map(\.message)) == ["m1", "m2", "m3"])
            for result in results {
                guard case .again(let due, let hold, isAttempt: false) = result.fate else {
                    Issue.record("\(result)")
                    continue
                }
                #expect(due >= before && due <= desk.clock.now && hold == (result.message == "m1" ? .retry : .cap))
            }
            #expect(desk.state.withLock { $0.underWay } == 0)
        }
    }
}
