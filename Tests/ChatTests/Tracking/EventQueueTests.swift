import PluginAPI
import Testing

@testable import ChatPlugin

@Suite("Event queue")
struct EventQueueTests {
    private func at(_ seconds: Int64) -> NIODeadline { .uptimeNanoseconds(0) + .seconds(seconds) }
    private func event(_ name: String = "e", of app: AppID = "a", properties: String = "{}") -> TrackedEvent {
        TrackedEvent(
            device: DeviceIdentity(app: app, device: "d"), userID: "u", name: name, properties: properties,
            sessionID: "s", at: .epoch)
    }
    private func queue(capacity: Int = 10_000, bytes: Int = 100_000_000) -> EventQueue {
        EventQueue(limits: EventQueue.Limits(count: capacity, bytes: bytes), interval: .seconds(5))
    }

    @Test("a batch is due five seconds after the first event, however many follow")
    func interval() {
        var queue = queue()
        for second in 0..<5 { #expect(queue.append(event("\(second)"), at: at(Int64(second))) == true) }
        #expect(queue.nextDue == at(5))
        #expect(queue.begin(at: at(4)) == nil)
        #expect(queue.beginNames(at: at(5)) == ["0", "1", "2", "3", "4"])
        #expect(queue.nextDue == nil)
        queue.succeeded()
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
        queue.succeeded()
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
        queue.succeeded()
        #expect(queue.beginCount(at: at(now)) == 8)
    }

    @Test("a batch that the store refuses for good is given up, and the next one goes on")
    func poison() {
        var queue = queue()
        _ = queue.append(event("poison"), at: at(0))
        var lost: [Int] = []
        for attempt in 0..<5 {
            let now = at(Int64(attempt + 1) * 100)
            #expect(queue.beginNames(at: now) == ["poison"])
            lost.append(queue.failed(.lasting, at: now))
            #expect(queue.begin(at: now) == nil)
        }
        #expect(lost == [0, 0, 0, 0, 1])
        #expect(queue.count == 0 && queue.byteCount == 0 && queue.nextDue == nil)
        _ = queue.append(event("good"), at: at(600))
        #expect(queue.beginNames(at: at(605)) == ["good"])
    }

    @Test("a batch that the store refuses holds up its own app only, and keeps its place there")
    func refused() {
        var queue = queue()
        _ = queue.append(event("bad", of: "a"), at: at(0))
        _ = queue.append(event("1", of: "b"), at: at(1))
        #expect(queue.beginNames(at: at(5)) == ["bad"])
        _ = queue.append(event("behind", of: "a"), at: at(5))
        #expect(queue.failed(.lasting, at: at(5)) == 0)
        #expect(queue.nextDue == at(6))
        #expect(queue.beginNames(at: at(6)) == ["bad", "behind"])
        queue.succeeded()
        #expect(queue.beginNames(at: at(6)) == ["1"])
        queue.succeeded()
        #expect(queue.count == 0 && queue.byteCount == 0 && queue.nextDue == nil)
    }

    @Test("while an app is left alone after a refusal, others are stored in their time")
    func resting() {
        var queue = queue()
        _ = queue.append(event("bad", of: "a"), at: at(0))
        for refusal in 1...4 {
            #expect(queue.beginNames(at: at(Int64(1_000 * refusal))) == ["bad"])
            #expect(queue.failed(.lasting, at: at(Int64(1_000 * refusal))) == 0)
        }
        _ = queue.append(event("good", of: "b"), at: at(4_000))
        #expect(queue.nextDue == at(4_005))
        #expect(queue.beginNames(at: at(4_005)) == ["good"])
        queue.succeeded()
        #expect(queue.nextDue == at(4_008))
    }

    @Test("one app takes half of the queue, the batch under way counted, and leaves room for others")
    func share() {
        var queue = queue(capacity: 100)
        var taken = 0
        while queue.append(event(of: "a"), at: at(0)) { taken += 1 }
        #expect(taken == 50)
        #expect(queue.beginCount(at: at(5)) == 50)
        #expect(queue.append(event(of: "a"), at: at(5)) == false)
        taken = 0
        while queue.append(event(of: "b"), at: at(5)) { taken += 1 }
        #expect(taken == 25)
        for app in ["c", "d", "e", "f"] { #expect(queue.append(event(of: AppID(app)), at: at(5)) == true) }
        queue.succeeded()
        #expect(queue.append(event(of: "a"), at: at(5)) == true)
    }

    @Test("what waits is bounded in bytes, for one app and for all")
    func bytes() {
        var queue = queue(bytes: 1_000_000)
        let big = String(repeating: "x", count: 16_000)
        var taken = 0
        while queue.append(event(of: "a", properties: big), at: at(0)) { taken += 1 }
        #expect(taken == 31 && queue.byteCount < 510_000)
        #expect(queue.append(event(of: "b", properties: big), at: at(0)) == true)
        for app in 0..<1_000 { _ = queue.append(event(of: AppID("\(app)"), properties: big), at: at(0)) }
        #expect(queue.byteCount <= 1_000_000)
        while queue.begin(at: at(5), force: true) != nil { queue.succeeded() }
        #expect(queue.count == 0 && queue.byteCount == 0)
        #expect(queue.append(event(of: "a", properties: big), at: at(6)) == true)
    }

    @Test("a batch is small, of one app, and the rest is due at once, in turns")
    func batches() {
        var queue = queue()
        for _ in 0..<230 { _ = queue.append(event(of: "a"), at: at(0)) }
        for _ in 0..<3 { _ = queue.append(event(of: "b"), at: at(0)) }
        var batches: [[AppID]] = []
        while let batch = queue.begin(at: at(0)) {
            batches.append(batch.map(\.device.app))
            queue.succeeded()
        }
        #expect(batches.map(\.count) == [100, 3, 100, 30])
        #expect(batches.allSatisfy { Set($0).count == 1 })
        let big = String(repeating: "x", count: 16_000)
        for _ in 0..<60 { _ = queue.append(event(properties: big), at: at(1)) }
        #expect(queue.beginCount(at: at(1)) == 16)
    }

    @Test("batches of an app keep the order of its events, whatever fails")
    func order() {
        var queue = queue()
        for number in 0..<250 { _ = queue.append(event("\(number)"), at: at(0)) }
        var stored: [String] = []
        var attempt: Int64 = 0
        while queue.count > 0, attempt < 100 {
            attempt += 1
            let batch = queue.begin(at: at(attempt * 100)) ?? []
            if attempt.isMultiple(of: 3) {
                stored += batch.map(\.name)
                queue.succeeded()
            } else {
                _ = queue.failed(attempt.isMultiple(of: 2) ? .passing : .lasting, at: at(attempt * 100))
            }
        }
        #expect(stored == (0..<250).map { String($0) })
    }
}

extension EventQueue {
    fileprivate mutating func beginNames(at now: NIODeadline) -> [String]? { begin(at: now)?.map(\.name) }
    fileprivate mutating func beginCount(at now: NIODeadline) -> Int? { begin(at: now)?.count }
}
