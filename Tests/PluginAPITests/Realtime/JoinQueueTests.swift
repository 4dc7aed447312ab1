import PluginAPI
import Testing

@Suite("Joins that wait")
struct JoinQueueTests {
    private func add(_ conversation: String, to queue: inout JoinQueue<Never>) -> JoinQueue<Never>.Admission {
        queue.add(JoinQueue<Never>.Join(ConversationID(rawValue: conversation)))
    }

    @Test("joins come one after the other in the order in which they were asked for, and one performs them all")
    func order() {
        var queue = JoinQueue<Never>()
        #expect(add("a", to: &queue) == .begin)
        #expect(add("b", to: &queue) == .wait)
        #expect(queue.next()?.conversation == "a")
        #expect(add("c", to: &queue) == .wait)
        #expect(queue.next()?.conversation == "b")
        #expect(queue.next()?.conversation == "c")
        #expect(queue.next() == nil && queue.current == nil)
        #expect(add("d", to: &queue) == .begin)
    }

    @Test("a leave wins over joins of its conversation that were asked for before it, and over no others")
    func leaving() {
        var queue = JoinQueue<Never>()
        for conversation in ["a", "b", "a"] { _ = add(conversation, to: &queue) }
        #expect(queue.next()?.isLeft == false)
        queue.leave(ConversationID(rawValue: "a"))
        _ = add("a", to: &queue)
        #expect(queue.current?.isLeft == true)
        #expect((1...3).map { _ in queue.next()?.isLeft } == [false, true, false])
    }

    @Test("sixteen may wait; the next one is refused until one has begun")
    func bound() {
        var queue = JoinQueue<Never>()
        _ = add("now", to: &queue)
        _ = queue.next()
        for number in 1...16 { #expect(add("\(number)", to: &queue) == .wait) }
        #expect(add("17", to: &queue) == .refuse)
        _ = queue.next()
        #expect(add("17", to: &queue) == .wait)
    }

    @Test("when the peer is gone nothing waits any more")
    func gone() {
        var queue = JoinQueue<Never>()
        _ = add("a", to: &queue)
        _ = queue.next()
        _ = add("b", to: &queue)
        queue.removeAll()
        #expect(queue.next() == nil)
    }
}
