import PluginAPI
import Testing

@testable import ChatPlugin

@Suite("Event queue")
struct EventQueueTests {
    private func at(_ seconds: Int64) -> NIODeadline { .uptimeNanoseconds(0) + .seconds(seconds) }
    private func event(_ name: String = "e") -> TrackedEvent {
        TrackedEvent(
            device: DeviceIdentity(app: "a", device: "d"), userID: "u", name: name, sessionID: "s", at: .epoch)
    }
    private func queue(capacity: Int = 1000) -> EventQueue { EventQueue(capacity: capacity, interval: .seconds(5)) }

    @Test("a batch is due five seconds after the first event, however many follow")
    func interval() {
        var queue = queue()
        for second in 0..<5 { #expect(queue.append(event("\(second)"), at: at(Int64(second))) == true) }
        #expect(queue.nextDue == at(5))
        #expect(queue.begin(at: at(4)) == nil)
        #expect(queue.beginNames(at: at(5)) == ["0", "1", "2", "3", "4"])
        #expect(queue.nextDue == nil)
        queue.succeeded(at: at(6))
        #expect(queue.count == 0)
        #expect(queue.nextDue == nil)
    }

    @Test("fifty events are due at once")
    func threshold() {
        var queue = queue()
        for _ in 0..<49 { _ = queue.append(event(), at: at(0)) }
        #expect(queue.begin(at: at(0)) == nil)
        _ = queue.append(event(), at: at(0))
        #expect(queue.beginCount(at: at(0)) == 50)
    }

    @Test("one batch is under way at a time; what arrives meanwhile keeps its own time")
    func meanwhile() {
        var queue = queue()
        _ = queue.append(event("1"), at: at(0))
        #expect(queue.begin(at: at(5)) != nil)
        _ = queue.append(event("2"), at: at(6))
        #expect(queue.begin(at: at(100), force: true) == nil)
        queue.succeeded(at: at(8))
        #expect(queue.nextDue == at(11))
        #expect(queue.beginNames(at: at(11)) == ["2"])
    }

    @Test("a batch that failed is kept and tried again, later each time, before what came after it")
    func retry() {
        var queue = queue()
        _ = queue.append(event("1"), at: at(0))
        var now: Int64 = 5
        for pause: Int64 in [1, 2, 4, 8, 16, 30, 30, 30] {
            #expect(queue.beginNames(at: at(now)) == ["1"])
            _ = queue.append(event("later"), at: at(now))
            #expect(queue.failed(.passing, at: at(now)) == 0)
            #expect(queue.nextDue == at(now + pause))
            #expect(queue.begin(at: at(now + pause - 1)) == nil)
            now += pause
        }
        #expect(queue.beginCount(at: at(now)) == 1)
        queue.succeeded(at: at(now))
        #expect(queue.beginCount(at: at(now)) == 8)
    }

    @Test("a batch that the store refuses for good is given up, and the next one goes on")
    func poison() {
        var queue = queue()
        _ = queue.append(event("poison"), at: at(0))
        var lost: [Int] = []
        for attempt in 0..<5 {
            let now = at(Int64(attempt + 1) * 100)
            #expect(queue.begin(at: now) != nil)
            lost.append(queue.failed(.lasting, at: now))
        }
        #expect(lost == [0, 0, 0, 0, 1])
        #expect(queue.count == 0)
        _ = queue.append(event("good"), at: at(600))
        #expect(queue.beginNames(at: at(605)) == ["good"])
    }

    @Test("the bound counts the batch under way")
    func bound() {
        var queue = queue(capacity: 3)
        for _ in 0..<3 { #expect(queue.append(event(), at: at(0)) == true) }
        #expect(queue.append(event(), at: at(0)) == false)
        #expect(queue.beginCount(at: at(5)) == 3)
        #expect(queue.append(event(), at: at(5)) == false)
        queue.succeeded(at: at(5))
        #expect(queue.append(event(), at: at(5)) == true)
    }

    @Test("a batch has at most five hundred events, the rest is due at once")
    func batches() {
        var queue = queue()
        for _ in 0..<520 { _ = queue.append(event(), at: at(0)) }
        #expect(queue.beginCount(at: at(0)) == 500)
        queue.succeeded(at: at(6))
        #expect(queue.beginCount(at: at(6)) == 20)
    }
}

extension EventQueue {
    fileprivate mutating func beginNames(at now: NIODeadline) -> [String]? { begin(at: now)?.map(\.name) }
    fileprivate mutating func beginCount(at now: NIODeadline) -> Int? { begin(at: now)?.count }
}
