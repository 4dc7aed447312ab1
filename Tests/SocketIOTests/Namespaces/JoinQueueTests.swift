import PluginAPI
import Testing

@testable import SocketIOPlugin

@Suite("Joins that wait")
struct JoinQueueTests {
    private func add(_ conversation: String, to queue: inout JoinQueue) -> JoinQueue.Admission {
        queue.add(JoinQueue.Join(ConversationID(rawValue: conversation)))
    }

    @Test("joins come one after the other in the order in which they were asked for, and one performs them all")
    func order() {
        var queue = JoinQueue()
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
        var queue = JoinQueue()
        for conversation in ["a", "b", "a"] { _ = add(conversation, to: &queue) }
        #expect(queue.next()?.isLeft == false)
        queue.leave(ConversationID(rawValue: "a"))
        _ = add("a", to: &queue)
        #expect(queue.current?.isLeft == true)
        #expect((1...3).map { _ in queue.next()?.isLeft } == [false, true, false])
    }

    @Test("sixteen may wait; the next one is refused until one has begun")
    func bound() {
        var queue = JoinQueue()
        _ = add("now", to: &queue)
        _ = queue.next()
        for number in 1...16 { #expect(add("\(number)", to: &queue) == .wait) }
        #expect(add("17", to: &queue) == .refuse)
        _ = queue.next()
        #expect(add("17", to: &queue) == .wait)
    }

    @Test("when the peer is gone nothing waits any more")
    func gone() {
        var queue = JoinQueue()
        _ = add("a", to: &queue)
        _ = queue.next()
        _ = add("b", to: &queue)
        queue.removeAll()
        #expect(queue.next() == nil)
    }

    @Test("an agent's leave ends the joins of its conversation that are under way, not those of later or of others")
    func agents() {
        var joins = PendingJoins()
        let (a, b) = (ConversationID(rawValue: "a"), ConversationID(rawValue: "b"))
        let (first, other) = (joins.begin(a), joins.begin(b))
        joins.leave(a)
        let again = joins.begin(a)
        #expect(!joins.isWanted(first) && joins.isWanted(other) && joins.isWanted(again))
        joins.end(again)
        #expect(!joins.isWanted(again) && joins.isWanted(other))
    }
}
