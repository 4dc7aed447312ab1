import PluginAPI
import Testing

@Suite("A fault that is remembered")
struct FaultLatchTests {
    private let start = ContinuousClock.now

    private func at(_ seconds: Double) -> ContinuousClock.Instant { start + .seconds(seconds) }

    @Test("is news once, and ends once: with a probe that succeeds when nothing has failed for a while")
    func once() {
        var latch = FaultLatch(calm: .seconds(2))
        #expect(latch.reason == nil && !latch.isProbeDue(at: at(0)))
        let news = [latch.failed("full", at: at(0)), latch.failed("full still", at: at(1))]
        #expect(news == [true, false])
        #expect(latch.reason == "full still")
        #expect(!latch.isProbeDue(at: at(2.5)) && latch.isProbeDue(at: at(3)))
        let ends = [2.5, 3, 3].map { latch.succeeded(at: at($0)) }
        #expect(ends == [false, true, false])
        #expect(latch.reason == nil)
    }

    @Test("that comes back soon takes twice as long to end, to a bound; one that comes back late does not")
    func relapse() {
        var latch = FaultLatch(calm: .seconds(2), longestCalm: .seconds(5))
        var now = 0.0
        for wait in [2.0, 4, 5, 5] {
            let isNews = latch.failed("full", at: at(now))
            let ends = [now + wait - 0.5, now + wait].map { latch.succeeded(at: at($0)) }
            #expect(isNews && ends == [false, true])
            now += wait + 1
        }
        now += 100
        let isNews = latch.failed("full", at: at(now))
        let isOver = latch.succeeded(at: at(now + 2))
        #expect(isNews && isOver)
    }
}
