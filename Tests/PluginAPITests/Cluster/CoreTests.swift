import NIOCore
import Testing

@testable import PluginAPI

@Suite("One node's part in a cluster")
struct CoreTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)
    private var core: ClusterCore

    init() {
        core = ClusterCore(node: "n1", at: start)
        _ = core.takeEffects()
        core.handle(.subscribed(["nodes"]), at: start)
        core.handle(.connected, at: start)
        core.advance(to: start)
        _ = core.takeEffects()
    }

    private mutating func published() -> [BrokerMessage] {
        core.takeEffects().flatMap { effect -> [BrokerMessage] in
            if case .publish(let messages) = effect { messages } else { [] }
        }
    }

    private mutating func delivered() -> [Int64] {
        core.takeEffects().compactMap { effect -> Int64? in
            if case .deliver(let publication) = effect { publication.sequence } else { nil }
        }
    }

    private func message(_ records: [ClusterRecord], from node: NodeID = "n2", first: UInt64 = 1) -> BrokerEvent {
        var body = ClusterEnvelope.header(of: node)
        for (index, record) in records.enumerated() {
            if let bytes = ClusterEnvelope.encode(record, number: first + UInt64(index)) {
                body.writeImmutableBuffer(bytes)
            }
        }
        return .received(BrokerMessage(channel: "t:conversation:conv_1", body: body))
    }

    @Test("what is published in one tick travels in one message for each channel")
    mutating func batches() throws {
        for sequence in Int64(1)...100 { core.publish(Samples.created(sequence, after: sequence - 1), at: start) }
        let messages = published()
        #expect(messages.map(\.channel) == ["t:conversation:conv_1", "t:app:app"])
        let envelopes = try messages.map { try #require(ClusterEnvelope($0.body)) }
        #expect(envelopes.allSatisfy { $0.sender == "n1" && $0.entries.count == 100 })
    }

    @Test("a tick of very much is cut into messages of a bounded size, in order")
    mutating func cut() throws {
        let text = String(repeating: "x", count: 5_000)
        for sequence in Int64(1)...500 {
            var message = Samples.message(sequence)
            message.body = text
            core.publish(
                ClusterPublication(
                    event: .messageCreated(message, conversation: Samples.conversation()),
                    topics: [.conversation("conv_1")], previousSequence: sequence - 1), at: start)
        }
        let messages = published()
        #expect(messages.count > 5 && messages.allSatisfy { $0.body.readableBytes <= ClusterEnvelope.size })
        let numbers = messages.flatMap { ClusterEnvelope($0.body)?.entries.map(\.number) ?? [] }
        #expect(numbers.count == 500 && numbers == numbers.sorted())
    }

    @Test("a tick of very many is cut so that the same number on two channels lies close together")
    mutating func flushes() async throws {
        for sequence in Int64(1)...5_000 {
            if sequence.isMultiple(of: 100) { await Task.yield() }
            core.publish(Samples.created(sequence, after: sequence - 1), at: start)
        }
        let numbers = try published().map { try #require(ClusterEnvelope($0.body)).entries.map(\.number) }
        #expect(numbers.flatMap { $0 }.count == 10_000)
        var highest: UInt64 = 0
        for number in numbers.flatMap({ $0 }) {
            #expect(number + ClusterCore.recordsPerFlush > highest)
            highest = max(highest, number)
        }
    }

    @Test("the first heartbeat asks the others to compare: what was published before it is in no mark")
    mutating func firstHeartbeat() {
        var core = ClusterCore(node: "n1", at: start)
        var flags: [Bool] = []
        for second in Int64(0)...1 {
            if second == 0 { core.handle(.connected, at: start) } else { core.advance(to: start + .seconds(second)) }
            for case .sendHeartbeats(_, let heartbeats) in core.takeEffects() {
                flags += heartbeats.map(\.isIncomplete)
                core.heartbeatsSent(heartbeats, true)
            }
        }
        #expect(flags == [true, false])
    }

    @Test("numbers that no message has are passed over", arguments: [Int64.min, -1, 0])
    mutating func impossibleNumbers(_ number: Int64) {
        core.interest(in: .conversation("conv_1"), exists: true, at: start)
        let reference = MessageReference(conversation: "conv_1", app: "app", sequence: number, previous: nil)
        core.accept(reference, at: start)
        #expect(core.cursors["conv_1"] == nil)
        core.handle(
            message([.messageReference(reference), .event(Samples.created(number, after: nil))], first: 9), at: start)
        #expect(core.skippedRecords == 2 && core.cursors["conv_1"] == nil)
        #expect(delivered() == [])
    }

    @Test("what comes back to its own node is not delivered again")
    mutating func echo() {
        core.interest(in: .conversation("conv_1"), exists: true, at: start)
        core.handle(message([.event(Samples.publications[2])], from: "n1"), at: start)
        #expect(delivered() == [])
    }

    @Test("an event that comes through two channels is delivered once")
    mutating func twoChannels() {
        let typing = Typing(conversation: "conv_1", app: "app", side: .agent, isTyping: true)
        let publication = ClusterPublication(event: .typing(typing), topics: [.conversation("conv_1"), .app("app")])
        core.interest(in: .conversation("conv_1"), exists: true, at: start)
        core.handle(message([.event(publication)]), at: start)
        core.handle(message([.event(publication)]), at: start)
        #expect(delivered().count == 1)
    }

    @Test("a heartbeat goes out every second and says what was published, until the broker has taken it")
    mutating func heartbeats() {
        core.publish(Samples.created(7, after: 3), at: start)
        for (second, isTaken) in [(Int64(1), false), (2, true), (3, true)] {
            core.advance(to: start + .seconds(second))
            let sent = core.takeEffects().compactMap { effect -> [Heartbeat]? in
                if case .sendHeartbeats(_, let heartbeats) = effect { heartbeats } else { nil }
            }
            #expect(sent.count == 1)
            #expect(sent.first?.first?.marks.map(\.sequence) == (second < 3 ? [7] : []))
            core.heartbeatsSent(sent.first ?? [], isTaken)
        }
    }

    @Test("a node that does not hear itself is deaf, and repairs everything when it hears again")
    mutating func deaf() {
        core.looked(at: "conv_1", of: "app", lastSequence: 4)
        core.interest(in: .conversation("conv_1"), exists: true, at: start)
        for second in Int64(1)...6 { core.advance(to: start + .seconds(second)) }
        #expect(core.isDegraded)
        _ = core.takeEffects()
        let own = Samples.envelope([.heartbeat(Heartbeat(number: 1))], from: "n1")
        core.handle(.received(BrokerMessage(channel: "nodes", body: own)), at: start + .seconds(7))
        core.advance(to: start + .seconds(7))
        #expect(!core.isDegraded)
        let reads = core.takeEffects().filter { if case .read("conv_1", "app", after: 4) = $0 { true } else { false } }
        #expect(reads.count == 1)
    }

    @Test("a node takes part when the channels that all nodes hear stand, whatever the broker says before")
    func standing() {
        for isPerTopic in [true, false] {
            var core = ClusterCore(
                node: "n1", at: start, traits: BrokerTraits(hasChannelPerTopic: isPerTopic, carriesContent: isPerTopic))
            core.handle(.connected, at: start)
            #expect(core.isDegraded)
            core.handle(.subscribed(["nodes"]), at: start)
            #expect(core.isDegraded != isPerTopic)
            core.handle(.subscribed(["events"]), at: start)
            #expect(!core.isDegraded)
        }
    }

    @Test("where all events share a channel, nothing of a topic counts as heard before that channel stands")
    func eventsChannel() {
        var core = ClusterCore(
            node: "n1", at: start, traits: BrokerTraits(hasChannelPerTopic: false, carriesContent: false))
        core.handle(.connected, at: start)
        func surveys() -> Int { core.takeEffects().count { if case .survey = $0 { true } else { false } } }
        core.interest(in: .app("app"), exists: true, at: start)
        #expect(surveys() == 0)
        core.handle(.subscribed(["nodes", "events"]), at: start)
        #expect(surveys() == 1)
        core.interest(in: .app("other"), exists: true, at: start)
        #expect(surveys() == 1)
    }

    /// What the store has of the app: conversations with the number of their last message.
    private func page(_ last: [ConversationID: Int64]) -> SurveyPage {
        SurveyPage(
            rows: last.map { id, sequence in
                ConversationRow(
                    conversation: Samples.conversation(id),
                    lastMessage: sequence > 0 ? Samples.message(sequence, in: id) : nil)
            })
    }

    @Test("an agent gets what was stored between the look at its app and the subscription, once, and nothing older")
    mutating func appLook() throws {
        // The newest conversation may have no message: the app has come further all the same.
        core.looked(at: "app", ClusterCore.AppLook(page(["a": 7, "b": 5, "c": 0]), begunAt: start), at: start)
        core.interest(in: .app("app"), exists: true, at: start)
        #expect(core.cursors.floor(of: "app") == 7)
        // Stored, and published where nobody hears it: 8 in a, 9 in d, and 6, whose number was drawn before the look.
        core.handle(.subscribed(["t:app:app"]), at: start)
        let surveys = core.takeEffects().compactMap { if case .survey(let survey) = $0 { survey } else { nil } }
        let survey = try #require(surveys.first)
        #expect(surveys.count == 1 && survey.since == start)
        core.surveyed(survey, page(["a": 8, "b": 6, "c": 0, "d": 9]), at: start)
        // One of them comes late by another way.
        core.handle(message([.event(Samples.created(8, after: 7, in: "a"))]), at: start)
        #expect(delivered() == [8])
        core.advance(to: start + ConversationCursor.patience)
        #expect(reads() == ["b": "after 5", "d": "created after 0"])
        for (conversation, sequence) in [("b", 6), ("d", 9)] as [(ConversationID, Int64)] {
            core.readFinished(
                conversation,
                ConversationCursor.Page(
                    messages: [Samples.message(sequence, in: conversation)], hasMore: false,
                    conversation: Samples.conversation(conversation)), at: start + .seconds(1))
        }
        core.handle(message([.event(Samples.created(9, after: 0, in: "d"))], first: 2), at: start + .seconds(1))
        #expect(delivered() == [6, 9])
    }

    @Test("a look at an app that nobody followed up for a minute counts for nothing")
    mutating func oldLook() {
        core.looked(at: "app", ClusterCore.AppLook(page(["a": 7]), begunAt: start), at: start)
        core.interest(in: .app("app"), exists: true, at: start + .seconds(60))
        #expect(core.cursors.floor(of: "app") == nil)
        // It is forgotten as soon as there is another one.
        core.looked(at: "other", ClusterCore.AppLook(page([:]), begunAt: start), at: start)
        let later = start + .seconds(60)
        core.looked(at: "third", ClusterCore.AppLook(page([:]), begunAt: later), at: later)
        #expect(core.appLooks.count == 1)
    }

    /// The reads that are wanted, by conversation.
    private mutating func reads() -> [ConversationID: String] {
        var reads: [ConversationID: String] = [:]
        for effect in core.takeEffects() {
            if case .read(let conversation, _, let after) = effect { reads[conversation] = "after \(after)" }
            if case .readCreated(let conversation, _, let time) = effect {
                reads[conversation] = "created after \(time.milliseconds)"
            }
        }
        return reads
    }

    /// What a survey of the app is answered with; nothing is wanted of it if there is none.
    private mutating func survey(_ page: SurveyPage) throws {
        let surveys = core.takeEffects().compactMap { if case .survey(let survey) = $0 { survey } else { nil } }
        core.surveyed(try #require(surveys.last), page, at: start)
    }

    /// A page of conversations with the number and the time of their last message, and with more behind it.
    private func page(
        _ last: [(ConversationID, sequence: Int64, createdAt: Int64)], behind time: Int64?
    ) -> SurveyPage {
        let rows = last.map { id, sequence, createdAt in
            var message = Samples.message(sequence, in: id)
            message.createdAt = Timestamp(milliseconds: createdAt)
            return ConversationRow(conversation: Samples.conversation(id), lastMessage: message)
        }
        return SurveyPage(rows: rows, next: time.map { PageCursor(at: Timestamp(milliseconds: $0), id: "z") })
    }

    @Test("a look while others listen counts for the agent that comes when they have gone")
    mutating func lookWhileListening() throws {
        core.interest(in: .app("app"), exists: true, at: start)
        core.handle(.subscribed(["t:app:app"]), at: start)
        try survey(page(["a": 3]))
        for (sequence, second) in [(Int64(5), Int64(0)), (7, 2), (6, 1)] {
            core.looked(
                at: "app", ClusterCore.AppLook(page(["a": sequence]), begunAt: start + .seconds(second)),
                at: start + .seconds(2))
        }
        core.interest(in: .app("app"), exists: false, at: start)
        core.interest(in: .app("app"), exists: true, at: start + .seconds(2))
        #expect(core.cursors.floor(of: "app") == 7)
        core.handle(.subscribed(["t:app:app"]), at: start + .seconds(2))
        try survey(page(["a": 8]))
        core.advance(to: start + .seconds(3))
        #expect(reads() == ["a": "after 7"])
    }

    @Test("of two agents who come together both get what was stored since the first one's look")
    mutating func looksTogether() {
        for (sequence, time) in [(Int64(5), start), (7, start + .seconds(1))] {
            core.looked(at: "app", ClusterCore.AppLook(page(["a": sequence]), begunAt: time), at: time)
        }
        core.interest(in: .app("app"), exists: true, at: start + .seconds(1))
        #expect(core.cursors.floor(of: "app") == 5)
    }

    @Test(
        "what was read before it came by the subscription is delivered all the same, also without a look or after a late one",
        arguments: [true, false])
    mutating func readBeforeItCame(_ isLookLate: Bool) throws {
        core.interest(in: .app("app"), exists: true, at: start)
        if isLookLate {
            core.looked(at: "app", ClusterCore.AppLook(page(["a": 8]), begunAt: start), at: start)
        }
        core.handle(.subscribed(["t:app:app"]), at: start)
        try survey(page(["a": 8]))
        #expect(core.cursors.floor(of: "app") == 8 && core.appLooks.isEmpty)
        core.handle(message([.event(Samples.created(8, after: 7, in: "a"))]), at: start)
        #expect(delivered() == [8])
    }

    @Test("a message that was under way at the look is found, though its number is below others that were not")
    mutating func underWay() throws {
        // 6 in x has its number and is not committed when 7 is.
        let look = page([("a", sequence: 7, createdAt: 7)], behind: 4)
        core.looked(at: "app", ClusterCore.AppLook(look, begunAt: start), at: start)
        core.interest(in: .app("app"), exists: true, at: start)
        core.handle(.subscribed(["t:app:app"]), at: start)
        // x has gone on: what comes by the subscription must not hide what came before it.
        core.handle(message([.event(Samples.created(9, after: 6, in: "x"))]), at: start)
        #expect(core.cursors["x"]?.delivered == 0)
        try survey(
            page([("x", sequence: 9, createdAt: 9), ("y", sequence: 5, createdAt: 5)], behind: nil))
        core.advance(to: start + ConversationCursor.patience)
        #expect(reads() == ["x": "created after 4", "y": "created after 4"])
        core.readFinished(
            "x",
            ConversationCursor.Page(
                messages: [6, 9].map { Samples.message($0, in: "x") }, hasMore: false,
                conversation: Samples.conversation("x")), at: start + .seconds(1))
        #expect(delivered() == [6, 9])
        // From then on a conversation that is heard of for the first time waits for no read.
        core.handle(message([.event(Samples.created(10, after: 5, in: "new"))], first: 2), at: start + .seconds(1))
        #expect(delivered() == [10])
    }

    @Test("a message that was there before the look is not new, whatever its number is and whatever changed since")
    mutating func olderThanLook() throws {
        // Number 100 in y is older than the conversations that were read, which have no message that is as new.
        let look = page([("a", sequence: 90, createdAt: 90)], behind: 110)
        core.looked(at: "app", ClusterCore.AppLook(look, begunAt: start), at: start)
        core.interest(in: .app("app"), exists: true, at: start)
        core.handle(.subscribed(["t:app:app"]), at: start)
        // It changed since, and has no new message.
        try survey(page([("y", sequence: 100, createdAt: 100)], behind: nil))
        core.advance(to: start + .seconds(1))
        #expect(reads() == [:] && core.cursors["y"] == nil)
        // Then it has one; only that is new.
        core.handle(message([.event(Samples.created(120, after: 100, in: "y"))]), at: start + .seconds(1))
        core.advance(to: start + .seconds(2))
        #expect(reads() == ["y": "created after 110"])
        // Or a member joins who knows of 100.
        core.looked(at: "z", of: "app", lastSequence: 100)
        core.interest(in: .conversation("z"), exists: true, at: start + .seconds(2))
        core.handle(.subscribed(["t:conversation:z"]), at: start + .seconds(2))
        core.advance(to: start + .seconds(2))
        #expect(reads() == ["z": "created after 110"])
    }

    @Test("an answer to a survey that was made before the subscription stood counts for nothing")
    mutating func earlySurvey() throws {
        core.looked(at: "app", ClusterCore.AppLook(page(["a": 7]), begunAt: start), at: start)
        core.interest(in: .app("app"), exists: true, at: start)
        core.requestRepair(since: start)
        core.advance(to: start + .seconds(2))
        let early = core.takeEffects().compactMap { if case .survey(let survey) = $0 { survey } else { nil } }
        core.handle(.subscribed(["t:app:app"]), at: start + .seconds(2))
        core.surveyed(try #require(early.last), page(["a": 7]), at: start + .seconds(2))
        try survey(page(["a": 8]))
        core.advance(to: start + .seconds(3))
        #expect(reads() == ["a": "after 7"])
    }
}
