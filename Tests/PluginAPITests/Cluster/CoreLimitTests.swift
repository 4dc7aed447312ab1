import NIOCore
import Testing

@testable import PluginAPI

@Suite("The bounds of one node's part in a cluster")
struct CoreLimitTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)
    private var core: ClusterCore

    init() {
        core = ClusterCore(node: "n1", at: start)
        core.handle(.connected, at: start)
        core.advance(to: start)
        _ = core.takeEffects()
    }

    @Test("at most so many reads are under way, and all are made in the end")
    mutating func readLimit() {
        for index in 0..<200 {
            let id = ConversationID("c\(index)")
            core.looked(at: id, of: "app", lastSequence: 0)
            core.interest(in: .conversation(id), exists: true, at: start)
        }
        core.handle(.subscribed((0..<200).map { "t:conversation:c\($0)" }), at: start)
        var total = 0
        for _ in 0..<20 {
            core.advance(to: start)
            let reads = core.takeEffects().compactMap { effect -> ConversationID? in
                if case .read(let id, _, _) = effect { id } else { nil }
            }
            #expect(reads.count <= ClusterCore.mostReads)
            total += reads.count
            for id in reads { core.readFinished(id, ConversationCursor.Page(messages: [], hasMore: false), at: start) }
        }
        #expect(total == 200)
    }

    @Test("looks that nobody follows are forgotten, and so are conversations heard through their app long ago")
    mutating func bounds() async {
        for index in 0..<30_000 {
            if index.isMultiple(of: 100) { await Task.yield() }
            core.looked(at: ConversationID("c\(index)"), of: "app", lastSequence: 1)
        }
        #expect(core.looks.count == ClusterCore.mostLooks)
        core.interest(in: .app("app"), exists: true, at: start)
        for index in Int64(1)...30_000 {
            if index.isMultiple(of: 100) { await Task.yield() }
            core.publish(Samples.created(index, after: 0, in: ConversationID("c\(index)")), at: start)
        }
        #expect(core.cursors.count == 20_000)
        core.interest(in: .app("app"), exists: false, at: start)
        #expect(core.cursors.count == 0)
    }

    @Test("inputs that came too fast are made good: here by reading, elsewhere by saying that marks are incomplete")
    mutating func overflow() {
        core.looked(at: "conv_1", of: "app", lastSequence: 4)
        core.interest(in: .conversation("conv_1"), exists: true, at: start)
        core.advance(to: start + .seconds(1))
        _ = core.takeEffects()
        core.overflowed(at: start + .seconds(2))
        core.advance(to: start + .seconds(2))
        let effects = core.takeEffects()
        let reads = effects.filter { if case .read("conv_1", "app", after: 4) = $0 { true } else { false } }
        let beats = effects.compactMap { effect -> Heartbeat? in
            if case .sendHeartbeats(_, let heartbeats) = effect { heartbeats.first } else { nil }
        }
        #expect(reads.count == 1 && beats.map(\.isIncomplete) == [true])
    }

    @Test("an unreadable message is counted and changes nothing")
    mutating func broken() {
        core.handle(.received(BrokerMessage(channel: "t:x", body: ByteBuffer(string: "nonsense"))), at: start)
        #expect(core.skippedRecords == 1)
    }
}
