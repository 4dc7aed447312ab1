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

    @Test("a deadline is never early, at most 5 ms late when it is near, and at most 50 ms late however far it is")
    func precision() {
        let near: [Int64] = [1, 4, 5, 6, 49, 50, 51, 300, 999, 1_999]
        for milliseconds in near + [2_100, 25_549, 25_600, 25_601, 60_000, 3_600_000] {
            let loop = EmbeddedEventLoop()
            let wheel = TimerWheel(eventLoop: loop)
            let alarm = Alarm()
            let timer = wheel.makeTimer(for: alarm)
            timer.arm(at: at(milliseconds))
            loop.advanceTime(by: .milliseconds(milliseconds - 1))
            #expect(alarm.times.isEmpty, "\(milliseconds) ms")
            loop.advanceTime(by: .milliseconds(milliseconds < 2_000 ? 6 : 51))
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

    @Test("a short interval that is armed anew each time does not drift by more than its 5 ms")
    func shortIntervals() {
        let alarm = Alarm()
        let timer = wheel.makeTimer(for: alarm)
        // Other deadlines keep the wheel in the middle of its turns.
        let (noise, others) = (Alarm(), (1...50).map { _ in Alarm() })
        noise.next = { $0 + .milliseconds(7) }
        let timers = others.map { wheel.makeTimer(for: $0) } + [wheel.makeTimer(for: noise)]
        for (place, timer) in timers.enumerated() { timer.arm(at: at(Int64(place) * 13)) }
        alarm.next = { $0 + .milliseconds(300) }
        timer.arm(at: at(300))
        loop.advanceTime(by: .seconds(30))
        #expect(alarm.times.count >= 98)
        for (earlier, later) in zip(alarm.times, alarm.times.dropFirst()) {
            #expect((300...305).contains(later - earlier))
        }
        #expect(others.allSatisfy { $0.times.count == 1 })
    }

    @Test("a nearer deadline overtakes the wake-up that was planned, within the same slot and before it")
    func overtaking() {
        let alarms = (0..<4).map { _ in Alarm() }
        let timers = alarms.map { wheel.makeTimer(for: $0) }
        for (timer, milliseconds) in zip(timers, [10_000, 40, 20, 5]) { timer.arm(at: at(Int64(milliseconds))) }
        timers[0].arm(at: at(30))
        loop.advanceTime(by: .milliseconds(50))
        #expect(alarms.map(\.times) == [[35], [45], [25], [10]])
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
        #expect(alarm.times == [5, 10, 15, 20])
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
