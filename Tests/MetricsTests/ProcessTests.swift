import Foundation
import Metrics
import PluginAPI
import Synchronization
import Testing

@testable import MetricsPlugin

@Suite("What is measured of process and requests")
struct ProcessTests {
    @Test("all that the system knows of this process is there, and is plausible")
    func facts() throws {
        let facts = ProcessFacts.now
        #expect(facts.readings.count == 6)
        #expect(try #require(facts.cpuSeconds) > 0)
        let (resident, virtual) = (try #require(facts.residentBytes), try #require(facts.virtualBytes))
        #expect(resident > 1_000_000 && resident < virtual)
        let began = Date(timeIntervalSince1970: try #require(facts.startSeconds))
        #expect(began < Date.now.addingTimeInterval(2) && began > Date.now.addingTimeInterval(-86_400))
        #expect(try #require(facts.mostDescriptors) >= 100)
    }

    @Test("an open file is one descriptor more")
    func descriptors() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("fds-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        // Of this process others open and close some meanwhile; the entries of a folder of our own stay.
        for name in ["a", "b", "c"] { try Data().write(to: folder.appendingPathComponent(name)) }
        #expect(KernelFile.entryCount(of: folder.path) == 2, "the one that reading opens is taken off")
        #expect(KernelFile.entryCount(of: "/nowhere") == nil && KernelFile.text(of: "/nowhere") == nil)
        #expect(try #require(ProcessFacts.now.openDescriptors) >= 3)
    }

    @Test("requests are told apart by the class of their status, and those of clients that have left do not count")
    func requests() async throws {
        let metrics = RememberingMetrics()
        let meter = RequestMeter(metrics)
        let request = Request(
            head: .init(method: .get, scheme: nil, authority: nil, path: "/"), body: .init(buffer: ByteBuffer()))
        let context = HTTPContext(
            source: HTTPContextSource(
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, clientAddress: "192.0.2.1",
                requestID: "r"))
        for status in [HTTPResponse.Status.ok, .noContent, .found, .notFound, .serviceUnavailable] {
            _ = try await meter.handle(request, context: context) { _, _ in Response(status: status) }
        }
        #expect(metrics.counts == ["2xx": 2, "3xx": 1, "4xx": 1, "5xx": 1])
        // Nobody hears what a client is answered that has left.
        let left = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await meter.handle(request, context: context) { _, _ in Response(status: .serviceUnavailable) }
        }
        _ = try await left.value
        #expect(metrics.counts == ["2xx": 2, "3xx": 1, "4xx": 1, "5xx": 1])
    }
}

/// Counts what timers were told, by their `status`.
private final class RememberingMetrics: MetricsFactory {
    private final class Handler: TimerHandler {
        let count = Atomic(0)
        func recordNanoseconds(_ duration: Int64) { count.add(1, ordering: .relaxed) }
    }

    private let timers = Mutex<[String: Handler]>([:])

    var counts: [String: Int] { timers.withLock { $0.mapValues { $0.count.load(ordering: .relaxed) } } }

    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        let handler = Handler()
        timers.withLock { $0[dimensions.first?.1 ?? ""] = handler }
        return handler
    }

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        NOOPMetricsHandler.instance
    }

    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        NOOPMetricsHandler.instance
    }

    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyRecorder(_ handler: any RecorderHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}
}
