/// What a timer wakes.
public protocol TimerTarget: AnyObject {
    /// The deadline has passed. Returns the next one, or nil to sleep until armed again.
    func timerFired(at now: NIODeadline) -> NIODeadline?
}

/// The deadlines of one event loop's connections: one scheduled task for all of them, none while there are none.
///
/// A deadline never fires early. One that is less than two seconds away when it is armed fires at most 5 ms late, a
/// later one at most 50 ms: those come together in few wake-ups, however many connections there are. Loop-bound.
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

    private static let tickLength = TimeAmount.milliseconds(5)
    /// Ticks of a slot: what is due in one of them is looked at together when it begins.
    private static let slotLength: UInt64 = 10
    private static let slotCount: UInt64 = 512
    /// From here on a deadline is moved to the end of its slot, where it costs no wake-up of its own.
    private static let coarseFrom: UInt64 = 400

    private let eventLoop: any EventLoop
    private let start: NIODeadline
    /// By slot, which a deadline shares with those that are whole turns of the wheel away.
    private var slots: [[Timer]]
    /// What is due in the slot that has begun, by tick.
    private var due: [[Timer]]
    /// The last tick that has fired. Ticks of the slot `n` are `n * 10 + 1 ... n * 10 + 10`.
    private var current: UInt64 = 0
    private var count = 0
    private var wakeUp: (tick: UInt64, task: Scheduled<Void>)?
    private var isAdvancing = false

    /// Makes a wheel for a loop, on which alone it is used from then on.
    public init(eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
        start = eventLoop.now
        slots = Array(repeating: [], count: Int(Self.slotCount))
        due = Array(repeating: [], count: Int(Self.slotLength))
    }

    /// Makes a timer that is not armed. It keeps its target until ``Timer/cancel()``.
    public func makeTimer(for target: any TimerTarget) -> Timer {
        Timer(wheel: self, target: target)
    }
}

// MARK: Holding

extension TimerWheel {
    private var reached: UInt64 {
        UInt64(max(0, (eventLoop.now - start).nanoseconds)) / UInt64(Self.tickLength.nanoseconds)
    }

    private func tick(of deadline: NIODeadline) -> UInt64 {
        let distance = (deadline - start).nanoseconds
        // Nothing is held: the ticks that passed meanwhile are empty.
        if count == 0, !isAdvancing { current = max(current, reached) }
        guard distance > 0 else { return current + 1 }
        let tick = max(current + 1, UInt64(distance) / UInt64(Self.tickLength.nanoseconds) + 1)
        guard tick > current + Self.coarseFrom else { return tick }
        return (tick + Self.slotLength - 1) / Self.slotLength * Self.slotLength
    }

    private func hold(_ timer: Timer) {
        let tick = timer.wanted
        timer.held = tick
        count += 1
        if Self.slot(of: tick) == current / Self.slotLength {
            due[Self.place(of: tick)].append(timer)
            wake(at: tick)
        } else {
            slots[Int(Self.slot(of: tick) % Self.slotCount)].append(timer)
            wake(at: (current / Self.slotLength + 1) * Self.slotLength)
        }
    }

    private static func slot(of tick: UInt64) -> UInt64 { (tick - 1) / slotLength }

    private static func place(of tick: UInt64) -> Int { Int((tick - 1) % slotLength) }
}

// MARK: Firing

extension TimerWheel {
    private func wake(at tick: UInt64) {
        guard !isAdvancing else { return }
        if let wakeUp {
            guard tick < wakeUp.tick else { return }
            wakeUp.task.cancel()
        }
        let deadline = start + .nanoseconds(Int64(tick) * Self.tickLength.nanoseconds)
        wakeUp = (tick, eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { self.advance() })
    }

    private func advance() {
        wakeUp = nil
        isAdvancing = true
        let (now, reached) = (eventLoop.now, reached)
        while current < reached, count > 0 {
            current += 1
            fire(at: now)
            if current % Self.slotLength == 0 { beginSlot() }
        }
        isAdvancing = false
        guard count > 0 else { return }
        // The next tick of this slot at which something is due, else its end, when the next slot begins.
        var next = current + 1
        while next % Self.slotLength != 0, due[Self.place(of: next)].isEmpty { next += 1 }
        wake(at: next)
    }

    /// Sorts what is due in the slot that begins behind the current tick.
    private func beginSlot() {
        let slot = current / Self.slotLength
        let index = Int(slot % Self.slotCount)
        for timer in exchange(&slots[index], with: []) {
            // An entry that was left behind when its timer was armed earlier, or one whose target is gone.
            guard let held = timer.held, timer.target != nil, Self.slot(of: held) % Self.slotCount == UInt64(index)
            else {
                count -= 1
                if timer.target == nil { timer.held = nil }
                continue
            }
            if Self.slot(of: held) > slot {
                slots[index].append(timer)
            } else {
                due[Self.place(of: held)].append(timer)
            }
        }
    }

    private func fire(at now: NIODeadline) {
        let place = Self.place(of: current)
        guard !due[place].isEmpty else { return }
        for timer in exchange(&due[place], with: []) {
            count -= 1
            // One that was armed earlier meanwhile has another entry, or has fired.
            guard timer.held == current else { continue }
            timer.held = nil
            guard let target = timer.target else { continue }
            if timer.wanted > current {
                hold(timer)
            } else if let next = target.timerFired(at: now) {
                timer.arm(at: next)
            }
        }
    }
}
