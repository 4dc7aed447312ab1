import PluginAPI
import Testing

@testable import RedisPlugin

@Suite("Redis commands: what waits")
struct CommandInboxTests {
    private let command = RedisCommand("PING")

    private func inbox(commands: Int = 3, bytes: Int = 1_000) -> CommandInbox {
        let inbox = CommandInbox(limits: QueueLimits(commandCount: commands, byteCount: bytes))
        inbox.open()
        return inbox
    }

    private func kind(_ outcome: CommandInbox.Outcome) -> RedisFailure.Kind? {
        if case .refused(let failure) = outcome { failure.kind } else { nil }
    }

    @Test("before it is opened, and after it is closed, everything is refused with the reason")
    func closed() {
        let inbox = CommandInbox(limits: QueueLimits())
        #expect(kind(inbox.add([command], at: .now()) { _ in }) == .connection)
        inbox.open()
        #expect(kind(inbox.add([command], at: .now()) { _ in }) == nil)
        #expect(inbox.close(.closed).count == 1)
        #expect(kind(inbox.add([command], at: .now()) { _ in }) == .closed && inbox.load == 0)
    }

    @Test("the first one of a batch wakes the connection, the others do not")
    func waking() {
        let inbox = inbox()
        guard case .first = inbox.add([command], at: .now(), done: { _ in }) else { return #expect(Bool(false)) }
        guard case .queued = inbox.add([command], at: .now(), done: { _ in }) else { return #expect(Bool(false)) }
        let batch = inbox.take()
        #expect(batch.groups.count == 2 && String(buffer: batch.bytes) == "*1\r\n$4\r\nPING\r\n*1\r\n$4\r\nPING\r\n")
        guard case .first = inbox.add([command], at: .now(), done: { _ in }) else { return #expect(Bool(false)) }
    }

    @Test("what was sent counts until it is answered")
    func bounds() {
        let inbox = inbox()
        #expect(kind(inbox.add([command, command], at: .now()) { _ in }) == nil)
        _ = inbox.take()
        #expect(kind(inbox.add([command, command], at: .now()) { _ in }) == .queueFull)
        #expect(kind(inbox.add([command], at: .now()) { _ in }) == nil && inbox.load == 3)
        inbox.release(commandCount: 2, byteCount: 28)
        #expect(kind(inbox.add([command, command], at: .now()) { _ in }) == nil)
    }

    @Test("of what is refused for its bytes none are sent")
    func bytes() {
        let inbox = inbox(bytes: 50)
        let large = RedisCommand("ECHO", .text(String(repeating: "x", count: 60)))
        #expect(kind(inbox.add([command, large], at: .now()) { _ in }) == .queueFull)
        #expect(kind(inbox.add([command], at: .now()) { _ in }) == nil)
        #expect(inbox.take().bytes.readableBytes == 14 && inbox.load == 1)
    }

    @Test("answers go to who asked, in order")
    func queue() {
        var queue = CommandQueue()
        for count in [1, 2] {
            queue.sent(CommandGroup(missing: count, byteCount: 1, since: .now(), done: { _ in }))
        }
        guard case .complete(let first) = queue.answered(.integer(1)) else { return #expect(Bool(false)) }
        #expect(first.answers == [.integer(1)])
        guard case .more = queue.answered(.integer(2)) else { return #expect(Bool(false)) }
        guard case .complete(let second) = queue.answered(.integer(3)) else { return #expect(Bool(false)) }
        #expect(second.answers == [.integer(2), .integer(3)] && queue.isEmpty)
        guard case .unasked = queue.answered(.null) else { return #expect(Bool(false)) }
    }
}
