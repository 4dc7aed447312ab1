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
        #expect(latch.failed("full", at: at(0)))
        #expect(!latch.failed("full still", at: at(1)))
        #expect(latch.reason == "full still")
        #expect(!latch.isProbeDue(at: at(2.5)) && !latch.succeeded(at: at(2.5)))
        #expect(latch.isProbeDue(at: at(3)))
        #expect(latch.succeeded(at: at(3)) && !latch.succeeded(at: at(3)))
        #expect(latch.reason == nil)
    }

    @Test("that comes back soon takes twice as long to end, to a bound; one that comes back late does not")
    func relapse() {
        var latch = FaultLatch(calm: .seconds(2), longestCalm: .seconds(5))
        var now = 0.0
        for wait in [2.0, 4, 5, 5] {
            #expect(latch.failed("full", at: at(now)))
            #expect(!latch.succeeded(at: at(now + wait - 0.5)))
            #expect(latch.succeeded(at: at(now + wait)))
            now += wait + 1
        }
        now += 100
        #expect(latch.failed("full", at: at(now)))
        #expect(latch.succeeded(at: at(now + 2)))
    }
}
