import NIOEmbedded
import Testing

@testable import PluginAPI

@Suite("Timer wheel")
struct TimerWheelTests {
    private final class Alarm: TimerTarget {
        var times: [Int64] = []
        var next: (NIODeadline) -> NIODeadline? = { _ in nil }

        func timerFired(at now: NIODeadline) -> NIODeadline? {
            times.append(Int64(now.uptimeNanoseconds / 1_000_000))
            return next(now)
        }
    }

    private let loop = EmbeddedEventLoop()
    private let wheel: TimerWheel

    init() {
        wheel = TimerWheel(eventLoop: loop)
    }

    private func at(_ milliseconds: Int64) -> NIODeadline { .uptimeNanoseconds(UInt64(milliseconds) * 1_000_000) }

    @Test("a deadline is never early and at most a tick of 50 ms late, however far it is")
    func precision() {
        for milliseconds: Int64 in [1, 49, 50, 51, 999, 25_549, 25_600, 25_601, 60_000, 3_600_000] {
            let loop = EmbeddedEventLoop()
            let wheel = TimerWheel(eventLoop: loop)
            let alarm = Alarm()
            let timer = wheel.makeTimer(for: alarm)
            timer.arm(at: at(milliseconds))
            loop.advanceTime(by: .milliseconds(milliseconds - 1))
            #expect(alarm.times.isEmpty, "\(milliseconds) ms")
            loop.advanceTime(by: .milliseconds(51))
            #expect(alarm.times.count == 1, "\(milliseconds) ms")
            loop.advanceTime(by: .seconds(60))
            #expect(alarm.times.count == 1, "\(milliseconds) ms")
        }
    }

    @Test("arming later moves the deadline back, arming earlier moves it forth, and each fires once")
    func moving() {
        let (later, earlier) = (Alarm(), Alarm())
        let timers = (wheel.makeTimer(for: later), wheel.makeTimer(for: earlier))
        timers.0.arm(at: at(1000))
        timers.0.arm(at: at(30_000))
        timers.1.arm(at: at(30_000))
        timers.1.arm(at: at(1000))
        loop.advanceTime(by: .milliseconds(1050))
        #expect(later.times.isEmpty && earlier.times.count == 1)
        loop.advanceTime(by: .seconds(120))
        #expect(later.times.count == 1 && earlier.times.count == 1)
        #expect((30_000...30_050).contains(later.times.first ?? 0))
    }

    @Test("entries that arming left behind in the same slot do not fire")
    func duplicates() {
        let alarm = Alarm()
        let timer = wheel.makeTimer(for: alarm)
        // 25,600 ms are one turn of the wheel.
        timer.arm(at: at(1000 + 2 * 25_600))
        timer.arm(at: at(1000 + 25_600))
        timer.arm(at: at(1000))
        alarm.next = { $0 < .uptimeNanoseconds(2_000_000_000) ? $0 + .milliseconds(25_600) : nil }
        loop.advanceTime(by: .seconds(200))
        #expect(alarm.times.count == 2)
    }

    @Test("the target's answer is the next deadline, and a past one fires in the next tick")
    func repeating() {
        let alarm = Alarm()
        let timer = wheel.makeTimer(for: alarm)
        alarm.next = { [loop] now in alarm.times.count < 4 ? min(now, loop.now) : nil }
        timer.arm(at: at(0))
        loop.advanceTime(by: .seconds(1))
        #expect(alarm.times == [50, 100, 150, 200])
    }

    @Test("a cancelled timer never fires, lets go of its target, and stops the wheel")
    func cancelled() {
        weak var target: Alarm?
        weak var held: TimerWheel.Timer?
        do {
            let alarm = Alarm()
            target = alarm
            let timer = wheel.makeTimer(for: alarm)
            held = timer
            timer.arm(at: at(86_400_000))
            timer.cancel()
            timer.arm(at: at(100))
        }
        #expect(target == nil && held != nil)
        loop.advanceTime(by: .milliseconds(25_650))
        #expect(held == nil)
    }

    @Test("after a pause without deadlines the wheel starts where time is by then")
    func pause() {
        let alarm = Alarm()
        let timer = wheel.makeTimer(for: alarm)
        timer.arm(at: at(100))
        loop.advanceTime(by: .seconds(1000))
        timer.arm(at: at(1_000_500))
        loop.advanceTime(by: .milliseconds(499))
        #expect(alarm.times.count == 1)
        loop.advanceTime(by: .milliseconds(51))
        #expect(alarm.times.count == 2)
    }
}
