/// What a timer wakes.
public protocol TimerTarget: AnyObject {
    /// The deadline has passed. Returns the next one, or nil to sleep until armed again.
    func timerFired(at now: NIODeadline) -> NIODeadline?
}

/// The deadlines of one event loop's connections: one scheduled task for all of them, none while there are none.
///
/// A deadline fires up to one tick (50 ms) late, never early. Loop-bound.
public final class TimerWheel {
    /// One deadline of one target; make it once and arm it again and again.
    public final class Timer {
        fileprivate weak var wheel: TimerWheel?
        fileprivate var target: (any TimerTarget)?
        /// The tick the target wants to be woken at; moved without touching the wheel.
        fileprivate var wanted: UInt64 = 0
        /// The tick under which the wheel holds it; nil: it does not.
        fileprivate var held: UInt64?

        fileprivate init(wheel: TimerWheel, target: any TimerTarget) {
            self.wheel = wheel
            self.target = target
        }

        /// Wakes the target at a deadline. A later deadline than the one before costs nothing.
        public func arm(at deadline: NIODeadline) {
            guard target != nil, let wheel else { return }
            wanted = wheel.tick(of: deadline)
            if let held, held <= wanted { return }
            wheel.hold(self)
        }

        /// Ends it for good and lets go of the target.
        public func cancel() { target = nil }
    }

    private static let tickLength = TimeAmount.milliseconds(50)
    private static let slotCount: UInt64 = 512

    private let eventLoop: any EventLoop
    private let start: NIODeadline
    private var slots: [[Timer]]
    private var current: UInt64 = 0
    private var count = 0
    private var isRunning = false

    /// Makes a wheel for a loop, on which alone it is used from then on.
    public init(eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
        start = eventLoop.now
        slots = Array(repeating: [], count: Int(Self.slotCount))
    }

    /// Makes a timer that is not armed. It keeps its target until ``Timer/cancel()``.
    public func makeTimer(for target: any TimerTarget) -> Timer {
        Timer(wheel: self, target: target)
    }

    private func tick(of deadline: NIODeadline) -> UInt64 {
        let distance = (deadline - start).nanoseconds
        guard distance > 0 else { return current + 1 }
        return max(current + 1, UInt64(distance) / UInt64(Self.tickLength.nanoseconds) + 1)
    }

    private func hold(_ timer: Timer) {
        if !isRunning {
            // Nothing was held: the ticks that passed meanwhile are empty.
            let passed = max(0, (eventLoop.now - start).nanoseconds)
            current = UInt64(passed) / UInt64(Self.tickLength.nanoseconds)
            timer.wanted = max(timer.wanted, current + 1)
            run()
        }
        timer.held = timer.wanted
        slots[Int(timer.wanted % Self.slotCount)].append(timer)
        count += 1
    }

    private func run() {
        isRunning = true
        let next = start + .nanoseconds(Int64(current + 1) * Self.tickLength.nanoseconds)
        eventLoop.assumeIsolated().scheduleTask(deadline: next) { self.advance() }
    }

    private func advance() {
        let now = eventLoop.now
        let reached = UInt64(max(0, (now - start).nanoseconds)) / UInt64(Self.tickLength.nanoseconds)
        while current < reached && count > 0 {
            current += 1
            fire(at: now)
        }
        current = max(current, reached)
        if count > 0 { run() } else { isRunning = false }
    }

    private func fire(at now: NIODeadline) {
        let slot = Int(current % Self.slotCount)
        for timer in exchange(&slots[slot], with: []) {
            // An entry that was left behind when its timer was armed earlier.
            guard timer.held.map({ $0 % Self.slotCount == current % Self.slotCount }) ?? false else {
                count -= 1
                continue
            }
            // One that was cancelled goes when its slot comes by, however far its deadline is.
            guard let target = timer.target else {
                count -= 1
                timer.held = nil
                continue
            }
            if timer.held ?? 0 > current {
                slots[slot].append(timer)
                continue
            }
            count -= 1
            timer.held = nil
            if timer.wanted > current {
                hold(timer)
            } else if let next = target.timerFired(at: now) {
                timer.arm(at: next)
            }
        }
    }
}
