import NIOCore
import Testing

@testable import PluginAPI

@Suite("What nodes send each other")
struct EnvelopeTests {
    @Test("every event that travels arrives as it was, with its topics and its predecessor")
    func roundTrip() throws {
        let envelope = try #require(ClusterEnvelope(Samples.envelope(Samples.publications.map { .event($0) })))
        #expect(envelope.sender == "n1" && envelope.skipped == 0)
        #expect(envelope.entries.map(\.number) == (1...UInt64(Samples.publications.count)).map { $0 })
        for (entry, sent) in zip(envelope.entries, Samples.publications) {
            guard case .event(let came) = entry.record else {
                Issue.record("not an event")
                continue
            }
            // An event says in full what it holds when it is described.
            #expect("\(came.event)" == "\(sent.event)")
            #expect(came.topics == sent.topics && came.previousSequence == sent.previousSequence)
        }
    }

    @Test("a heartbeat arrives as it was")
    func heartbeat() throws {
        let envelope = try #require(ClusterEnvelope(Samples.envelope([.heartbeat(Samples.heartbeat)])))
        guard case .heartbeat(let came) = envelope.entries.first?.record else {
            Issue.record("not a heartbeat")
            return
        }
        #expect(came == Samples.heartbeat)
    }

    @Test("events for this node's subscribers alone do not travel")
    func local() {
        let event = DomainEvent.userIdentified(Samples.session.device, UserProfile(id: "u"))
        #expect(ClusterEnvelope.encode(.event(ClusterPublication(event: event, topics: [])), number: 1) == nil)
    }

    @Test("an opened conversation travels without what is known of its owner")
    func opened() throws {
        let event = DomainEvent.conversationOpened(Samples.conversation(), isNew: true)
        let envelope = try #require(
            ClusterEnvelope(Samples.envelope([.event(ClusterPublication(event: event, topics: []))])))
        guard case .event(let came) = envelope.entries.first?.record,
            case .conversationOpened(let conversation, true) = came.event
        else {
            Issue.record("not an opened conversation")
            return
        }
        #expect(conversation.owner == Samples.conversation().owner && conversation.id == Samples.conversation().id)
        #expect(conversation.metadata.isEmpty && came.topics.isEmpty)
    }

    @Test("references arrive as they were, and hold nothing that people wrote")
    func references() throws {
        let created = ClusterRecord(Samples.created(7, after: 3), carriesContent: false)
        let updated = ClusterRecord(
            ClusterPublication(event: .conversationUpdated(Samples.conversation()), topics: [.app("app")]),
            carriesContent: false)
        let body = Samples.envelope([created, updated])
        #expect(!String(buffer: body).contains("text 7") && !String(buffer: body).contains("Zo"))
        let envelope = try #require(ClusterEnvelope(body))
        guard envelope.entries.count == 2, case .messageReference(let message) = envelope.entries[0].record,
            case .conversationReference(let conversation) = envelope.entries[1].record
        else {
            Issue.record("not references")
            return
        }
        #expect(message == MessageReference(conversation: "conv_1", app: "app", sequence: 7, previous: 3))
        #expect(conversation == ConversationReference(conversation: "conv_1", app: "app"))
    }

    @Test("a kind of a newer release is skipped, and what follows it is read")
    func unknownKind() throws {
        var body = ClusterEnvelope.header(of: "n2")
        body.writeInteger(UInt32(11))
        body.writeInteger(UInt8(200))
        body.writeInteger(UInt64(1))
        body.writeBytes([1, 2])
        let known = try #require(ClusterEnvelope.encode(.event(Samples.publications[0]), number: 2))
        body.writeImmutableBuffer(known)
        let envelope = try #require(ClusterEnvelope(body))
        #expect(envelope.skipped == 1 && envelope.entries.map(\.number) == [2])
    }

    @Test("a field of a newer release is skipped")
    func unknownField() throws {
        let (kind, fields) = try #require(ClusterRecord.event(Samples.publications[2]).encoded())
        var writer = FieldWriter()
        writer.text(250, "new")
        var widened = writer.buffer
        widened.writeImmutableBuffer(fields)
        guard case .event(let came) = try ClusterRecord(kind, widened) else {
            Issue.record("not an event")
            return
        }
        #expect("\(came.event)" == "\(Samples.publications[2].event)")
    }

    @Test("another version of the layout is not read")
    func version() {
        var body = Samples.envelope([.heartbeat(Samples.heartbeat)])
        body.setInteger(UInt8(2), at: 1)
        #expect(ClusterEnvelope(body) == nil && ClusterEnvelope.sender(of: body) == nil)
    }

    @Test("a record above its bound does not travel")
    func tooLarge() {
        var message = Samples.message(1)
        message.body = String(repeating: "x", count: ClusterEnvelope.recordLimit)
        let publication = ClusterPublication(
            event: .messageCreated(message, conversation: Samples.conversation()), topics: [])
        #expect(ClusterEnvelope.encode(.event(publication), number: 1) == nil)
    }

    @Test("an envelope cut anywhere gives the records before the cut")
    func cut() throws {
        let whole = Samples.envelope(Samples.publications.map { .event($0) })
        var last = 0
        for length in 0..<whole.readableBytes {
            let slice = try #require(whole.getSlice(at: 0, length: length))
            let count = ClusterEnvelope(slice)?.entries.count ?? 0
            #expect(count >= last && count < Samples.publications.count)
            last = count
        }
    }

    @Test("broken bytes are read to an end, whatever they are")
    func fuzz() async {
        var dice = Dice(seed: 4)
        let whole = Samples.envelope(Samples.publications.map { .event($0) } + [.heartbeat(Samples.heartbeat)])
        for _ in 0..<20_000 {
            // Other tests' tasks have limits.
            await Task.yield()
            var body = whole
            for _ in 0..<Int.random(in: 1...8, using: &dice) {
                let index = Int.random(in: 0..<body.readableBytes, using: &dice)
                body.setInteger(UInt8.random(in: 0...255, using: &dice), at: index)
            }
            guard let envelope = ClusterEnvelope(body) else { continue }
            #expect(envelope.entries.count + envelope.skipped <= Samples.publications.count + 1 + 1000)
        }
        for _ in 0..<5_000 {
            await Task.yield()
            let bytes = (0..<Int.random(in: 0...200, using: &dice)).map { _ in UInt8.random(in: 0...255, using: &dice) }
            var body = ClusterEnvelope.header(of: "n")
            body.writeBytes(bytes)
            #expect((ClusterEnvelope(body)?.entries.count ?? 0) <= bytes.count / 13)
        }
    }

    @Test("more fields than any record has are refused")
    func manyFields() {
        var buffer = ByteBuffer()
        for _ in 0..<20_000 { buffer.writeBytes([1, 0, 0, 0, 0]) }
        #expect(throws: FieldReader.Unreadable.self) { _ = try FieldReader(buffer) }
    }
}
