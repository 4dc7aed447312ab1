import NIOCore
import Testing

@testable import PluginAPI

@Suite("The other nodes")
struct PeerTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

    @Test("a number is new once, in whatever order numbers come")
    func window() {
        var dice = Dice(seed: 9)
        var window = ReplayWindow()
        var seen = Set<UInt64>()
        var base: UInt64 = 1
        for _ in 0..<50_000 {
            base += UInt64.random(in: 0...3, using: &dice)
            let number = base + UInt64.random(in: 0...60_000, using: &dice)
            let isNew = window.admit(number)
            #expect(isNew == seen.insert(number).inserted)
        }
        let isOldNew = window.admit(1)
        #expect(!isOldNew)
    }

    @Test("a jump forgets what is far behind")
    func jump() {
        var window = ReplayWindow()
        for number: UInt64 in [1, 100_000, 90_000] { let isNew = window.admit(number); #expect(isNew) }
        for number: UInt64 in [2, 90_000, 100_000] { let isNew = window.admit(number); #expect(!isNew) }
        let answers = [window.admit(.max), window.admit(.max), window.admit(100_001)]
        #expect(answers == [true, false, false])
        var last = ReplayWindow()
        let atTheEnd = [last.admit(.max - 1), last.admit(.max), last.admit(.max), last.admit(.max - 2)]
        #expect(atTheEnd == [true, true, false, true])
    }

    @Test("numbers that a jump passed over are new, whatever stood in their places")
    func passedOver() {
        for jump: UInt64 in [1, 63, 64, 65, 200, 40_000, 65_535, 65_536] {
            var window = ReplayWindow()
            for number: UInt64 in 1...65_600 { _ = window.admit(number) }
            let isNew = window.admit(65_600 + jump)
            #expect(isNew)
            let passed = (1..<max(jump, 1)).count { window.admit(65_600 + $0) }
            #expect(passed == Int(jump) - 1)
            let isLastNew = window.admit(65_600)
            #expect(!isLastNew)
        }
    }

    @Test("heartbeats without a gap mean nothing; a gap means that something is missing since the one before it")
    func gaps() {
        var peers = PeerTable()
        #expect(peers.heartbeat(40, isLast: false, from: "a", at: start) == nil)
        #expect(peers.heartbeat(41, isLast: false, from: "a", at: start + .seconds(1)) == nil)
        #expect(peers.heartbeat(41, isLast: false, from: "a", at: start + .seconds(1)) == nil)
        #expect(peers.heartbeat(43, isLast: false, from: "a", at: start + .seconds(3)) == start + .seconds(1))
        #expect(peers.heartbeat(.max, isLast: false, from: "a", at: start + .seconds(4)) == start + .seconds(3))
        #expect(peers.heartbeat(1, isLast: false, from: "b", at: start) == nil)
    }

    @Test("a node that falls silent counts as lost once; one that said goodbye does not")
    func loss() {
        var peers = PeerTable()
        _ = peers.heartbeat(1, isLast: false, from: "a", at: start)
        _ = peers.heartbeat(1, isLast: false, from: "b", at: start)
        _ = peers.heartbeat(2, isLast: true, from: "b", at: start)
        #expect(peers.count == 1 && peers.nextLoss == start + .seconds(5))
        #expect(peers.expire(at: start + .milliseconds(4_999)) == nil)
        #expect(peers.expire(at: start + .seconds(5)) == start)
        #expect(peers.expire(at: start + .seconds(60)) == nil && peers.count == 0)
    }

    @Test("silence that this node could not have heard through is forgiven")
    func forgiven() {
        var peers = PeerTable()
        _ = peers.heartbeat(1, isLast: false, from: "a", at: start)
        peers.forgive(at: start + .seconds(30))
        #expect(peers.expire(at: start + .seconds(31)) == nil)
        #expect(peers.heartbeat(9, isLast: false, from: "a", at: start + .seconds(31)) == nil)
    }

    @Test("the table is bounded")
    func bound() {
        var peers = PeerTable()
        for index in 0..<3_000 {
            _ = peers.admit(1, from: NodeID("n\(index)"), at: start + .milliseconds(Int64(index)))
        }
        #expect(peers.count == PeerTable.capacity)
        let isNew = peers.admit(1, from: "n2999", at: start)
        #expect(!isNew)
    }

    @Test("marks are told until a heartbeat has arrived that says them as they are")
    func marks() {
        var marks = MarkTable()
        marks.note(Samples.message(3, in: "a"))
        marks.note(Samples.message(4, in: "b"))
        let first = marks.heartbeats(from: 7)
        #expect(first.map(\.number) == [7] && first[0].marks.map(\.sequence) == [3, 4])
        marks.note(Samples.message(5, in: "a"))
        marks.confirm(first)
        #expect(marks.heartbeats(from: 8)[0].marks.map(\.sequence) == [5])
    }

    @Test("many marks take several heartbeats; more than can be remembered are said to be incomplete")
    func manyMarks() {
        var marks = MarkTable()
        for index in 0...MarkTable.capacity {
            marks.note(Samples.message(Int64(index), in: ConversationID("c\(index)")))
        }
        let heartbeats = marks.heartbeats(from: 1)
        #expect(heartbeats.count == 10 && heartbeats.map(\.number) == Array(1...10))
        #expect(heartbeats[0].isIncomplete && !heartbeats[1].isIncomplete)
        #expect(heartbeats.allSatisfy { ClusterEnvelope.encode(.heartbeat($0), number: 1) != nil })
        marks.confirm(heartbeats)
        #expect(marks.isEmpty)
    }
}
