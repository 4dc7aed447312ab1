import NIOCore
import Testing

@testable import PluginAPI

@Suite("Uses on their way to the store")
struct UsageQueueTests {
    private let start = NIODeadline.uptimeNanoseconds(0)

    private func use(_ device: String, minute: Int64 = 0, _ transport: ClientTransport = .legacy) -> UsageQueue.Use {
        UsageQueue.Use(
            device: DeviceIdentity(app: "app", device: DeviceID(device)),
            software: KnownSoftware(ClientSoftware(transport: transport, protocolName: "p")),
            at: Timestamp(milliseconds: 1_769_681_757_120 + minute * 60_000))
    }

    @Test("a batch goes out five seconds after its first use, and not before")
    func delay() {
        var queue = UsageQueue()
        queue.note(use("a"), at: start)
        queue.note(use("b"), at: start + .seconds(4))
        #expect(queue.dueAt == start + .seconds(5))
        #expect(queue.begin(at: start + .seconds(4)) == nil)
        #expect(queue.begin(at: start + .seconds(5))?.map(\.device.device) == ["a", "b"])
        queue.ended(stored: true, at: start + .seconds(6))
        #expect(queue.count == 0 && queue.dueAt == nil)
    }

    @Test("a device is noted once an hour for each transport")
    func freshness() {
        var queue = UsageQueue()
        for minute in [0, 1, 59] as [Int64] { queue.note(use("a", minute: minute), at: start) }
        queue.note(use("a", .socketIO), at: start)
        #expect(queue.count == 2)
        _ = queue.begin(at: start, force: true)
        queue.ended(stored: true, at: start)
        queue.note(use("a", minute: 59), at: start)
        #expect(queue.count == 0)
        queue.note(use("a", minute: 60), at: start)
        #expect(queue.count == 1)
    }

    @Test("what could not be stored is tried again with what came meanwhile, half a minute later")
    func failure() {
        var queue = UsageQueue()
        queue.note(use("a"), at: start)
        _ = queue.begin(at: start, force: true)
        queue.note(use("b"), at: start)
        queue.ended(stored: false, at: start)
        #expect(queue.dueAt == start + .seconds(30))
        #expect(queue.begin(at: start + .seconds(30))?.count == 2)
    }

    @Test("batches hold 500, the queue what it may, and what finds no room is counted")
    func bounds() {
        var queue = UsageQueue(capacity: 700, memory: 10_000)
        for number in 0..<800 { queue.note(use("\(number)"), at: start) }
        #expect(queue.count == 700 && queue.droppedCount == 100)
        #expect(queue.begin(at: start, force: true)?.count == 500)
        queue.ended(stored: true, at: start)
        #expect(queue.dueAt == start)
        #expect(queue.begin(at: start)?.count == 200)
    }

    @Test("beyond its memory it forgets who was noted, and notes them again")
    func memory() {
        var queue = UsageQueue(memory: 100)
        for number in 0..<100 { queue.note(use("\(number)"), at: start) }
        queue.note(use("0"), at: start)
        #expect(queue.count == 100)
        queue.note(use("new"), at: start)
        queue.note(use("0"), at: start)
        queue.note(use("new"), at: start)
        #expect(queue.count == 102)
    }

    @Test("who is noted no longer makes room without the others' being forgotten")
    func staleness() {
        var queue = UsageQueue(memory: 100)
        for number in 0..<60 { queue.note(use("old \(number)"), at: start) }
        for number in 0..<40 { queue.note(use("\(number)", minute: 61), at: start) }
        queue.note(use("new", minute: 61), at: start)
        for number in 0..<40 { queue.note(use("\(number)", minute: 62), at: start) }
        #expect(queue.count == 101)
    }

    @Test("who was turned away for want of room is noted when it comes again")
    func again() {
        var queue = UsageQueue(capacity: 1)
        queue.note(use("a"), at: start)
        queue.note(use("b"), at: start)
        _ = queue.begin(at: start, force: true)
        queue.ended(stored: true, at: start)
        queue.note(use("b", minute: 1), at: start)
        #expect(queue.count == 1)
    }
}
