import Foundation
import Logging
import Metrics
import NIOPosix
import PluginAPI
import SQLitePlugin
import Synchronization
import Testing

@testable import PushPlugin

@Suite("Push: handing over")
struct DeliveryTests {
    private let folder = FileManager.default.temporaryDirectory
        .appendingPathComponent("replyhq-push-\(IDGenerator.uuidV4())")

    private func withDesk(
        _ provider: (any PushProvider)? = nil, logger: Logger? = nil, _ body: (PushDesk) -> Void
    ) async throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let store = try await SQLiteStore.open(SQLiteOptions(path: folder.path + "/test.db"))
        let clock = SystemClock()
        let desk = PushDesk(
            store: store, configuration: PushConfiguration(), presence: { nil }, providers: { _ in provider },
            clock: clock,
            eventLoop: MultiThreadedEventLoopGroup.singleton.next(), metrics: PushMetrics(NOOPMetricsHandler.instance),
            health: PluginHealth(clock: clock),
            logger: logger ?? Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
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

    @Test("what a provider refuses for good is one line at once, and one for all others", arguments: [false, true])
    func refusals(isDead: Bool) async throws {
        let lines = Lines()
        // What says why often comes after more than 64 characters.
        let detail = "HTTP 400 INVALID_ARGUMENT: " + String(repeating: "field ", count: 70) + "is too long"
        let answer = PushAnswer(isDead ? .tokenIsDead : .refused, detail)
        try await withDesk(Refusing(answer: answer), logger: Logger(label: "test") { _ in lines }) { desk in
            for number in 0..<500 { desk.deliver(PushBundle([waiting("m\(number)")])!, AppRules()) }
            desk.noteAnswers()
            #expect(desk.state.withLock { $0.takeBatches() }["app"]?.results.count == 500)
        }
        let message = isDead ? "Push tokens are dead and were forgotten" : "Pushes could not be delivered"
        let about = "\(message) answer=\(detail) app=app"
        #expect(lines.kept.withLock { $0 } == [about, "\(about) count=499"])
    }
}

/// Takes nothing.
private struct Refusing: PushProvider {
    let answer: PushAnswer

    func obstacle(for app: AppID) -> String? { nil }

    func deliver(_ push: PushNotification, to token: PushToken, answered: @escaping @Sendable (PushAnswer) -> Void) {
        answered(answer)
    }

    func explain(_ push: PushNotification, to token: PushToken, isDryRun: Bool) async -> PushExplanation {
        PushExplanation([], answer)
    }
}

/// Keeps lines as `message key=value …`.
private final class Lines: LogHandler {
    let kept = Mutex<[String]>([])

    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }

    var logLevel: Logger.Level {
        get { .info }
        set {}
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    func log(event: LogEvent) {
        let pairs = (event.metadata ?? [:]).filter { $0.key != "since" }.map { "\($0.key)=\($0.value)" }.sorted()
        kept.withLock { $0.append((["\(event.message)"] + pairs).joined(separator: " ")) }
    }
}
