import NIOEmbedded
import Synchronization
import Testing

@testable import PluginAPI

@Suite("Lines about what happens very often")
struct LogSummaryTests {
    /// Keeps lines as `level message key=value …`.
    private struct Lines: LogHandler {
        final class Kept: Sendable { let all = Mutex<[String]>([]) }

        let kept: Kept
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.info

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let pairs = (event.metadata ?? [:]).filter { $0.key != "since" }.map { "\($0.key)=\($0.value)" }.sorted()
            kept.all.withLock { $0.append((["\(event.level)", "\(event.message)"] + pairs).joined(separator: " ")) }
        }
    }

    private let loop = EmbeddedEventLoop()
    private let kept = Lines.Kept()

    private func summary() -> LogSummary {
        let logger = Logger(label: "test") { [kept] _ in Lines(kept: kept) }
        return LogSummary(logger: logger, clock: SystemClock(), eventLoop: loop)
    }

    private var lines: [String] { kept.all.withLock { exchange(&$0, with: []) } }

    @Test("the first is written at once, what follows once each period, and after a quiet one the next is news")
    func periods() {
        let summary = summary()
        for _ in 0..<1_000 { summary.note(.warning, "full", ["app": "a"]) }
        summary.note(.info, "odd")
        #expect(lines == ["warning full app=a", "info odd"])
        loop.advanceTime(by: .seconds(60))
        #expect(lines == ["warning full app=a count=999"])
        for _ in 0..<5 { summary.note(.warning, "full", ["app": "a"]) }
        #expect(lines.isEmpty)
        loop.advanceTime(by: .seconds(60))
        #expect(lines == ["warning full app=a count=5"])
        loop.advanceTime(by: .seconds(600))
        summary.note(.warning, "full", ["app": "a"])
        #expect(lines == ["warning full app=a"])
    }

    @Test("what nobody reads is not counted, and the end writes what was not written")
    func levels() {
        let summary = summary()
        for _ in 0..<3 {
            summary.note(.debug, "quiet")
            summary.note(.info, "loud")
        }
        #expect(lines == ["info loud"])
        summary.close()
        #expect(lines == ["info loud count=2"])
    }

    @Test("names that clients make up neither fill the memory nor the log")
    func bounds() {
        let summary = summary()
        for number in 0..<5_000 { summary.note(.info, "unknown", ["app": "\(number)"]) }
        #expect(lines.count == LogSummary.mostKinds + 1)
        summary.note(.info, "unknown", ["app": "0"])
        loop.advanceTime(by: .seconds(60))
        #expect(lines.sorted() == ["info unknown app=0 count=1", "info unknown count=4899"])
        summary.note(.info, "long", ["app": String(repeating: "x", count: 10_000)])
        #expect(lines == ["info long app=" + String(repeating: "x", count: 64)])
    }

    @Test("details are told apart by their beginning, and lines have the whole of the first")
    func details() {
        let summary = summary()
        let same = String(repeating: "x", count: 64)
        for end in ["1", "2", "3"] { summary.note(.info, "refused", ["app": "a"], details: ["answer": same + end]) }
        summary.note(.info, "refused", ["app": "a"], details: ["answer": "other"])
        #expect(lines == ["info refused answer=\(same)1 app=a", "info refused answer=other app=a"])
        for count in [2, 1] {
            loop.advanceTime(by: .seconds(60))
            #expect(lines == ["info refused answer=\(same)1 app=a count=\(count)"])
            summary.note(.info, "refused", ["app": "a"], details: ["answer": same + "4"])
        }
        for number in 0..<LogSummary.mostKinds { summary.note(.info, "kind", ["number": "\(number)"]) }
        _ = lines
        summary.note(.info, "kind", details: ["answer": "beyond"])
        #expect(lines.isEmpty, "counted with those before it that are not told apart")
    }
}
