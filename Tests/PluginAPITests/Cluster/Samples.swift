@testable import PluginAPI

/// Values for the tests of the cluster.
enum Samples {
    static func conversation(_ id: ConversationID = "conv_1", app: AppID = "app") -> Conversation {
        Conversation(
            id: id, visitorID: "vis_1", app: app, device: "phone", userID: "u1", status: .open,
            metadata: ["user": .object(["name": "Zoë 👋🏽", "age": 7])], createdAt: Timestamp(milliseconds: 5),
            updatedAt: Timestamp(milliseconds: 9))
    }

    static func message(_ sequence: Int64, in conversation: ConversationID = "conv_1", app: AppID = "app") -> Message {
        Message(
            id: MessageID("msg_\(sequence)"), localID: LocalMessageID("l\(sequence)"), conversation: conversation,
            app: app,
            body: "text \(sequence)\u{0}", sender: .agent, status: .delivered, sequence: sequence,
            createdAt: Timestamp(milliseconds: sequence), deliveredAt: Timestamp(milliseconds: 3))
    }

    static func created(
        _ sequence: Int64,
        after previous: Int64?,
        in conversation: ConversationID = "conv_1",
        app: AppID = "app"
    ) -> ClusterPublication {
        ClusterPublication(
            event: .messageCreated(
                message(sequence, in: conversation, app: app), conversation: Self.conversation(conversation, app: app)),
            topics: [.conversation(conversation), .app(app)], previousSequence: previous)
    }

    static let session = ConnectionInfo(
        id: "conn_1", device: DeviceIdentity(app: "app", device: "phone"), connectedAt: Timestamp(milliseconds: 77))

    /// One of each kind that travels.
    static let publications: [ClusterPublication] = [
        created(7, after: 3),
        created(8, after: nil),
        ClusterPublication(
            event: .messageStatusChanged(
                MessageReceipt(message: "m", conversation: "c", app: "app", status: .read, updatedAt: .epoch)),
            topics: [.conversation("c")]),
        ClusterPublication(
            event: .messagesRead("c", app: "app", messages: ["m1", "m2"], at: Timestamp(milliseconds: -4)),
            topics: [.app("app")]),
        ClusterPublication(
            event: .typing(Typing(conversation: "c", app: "app", side: .user("d"), isTyping: true)),
            topics: [.conversation("c")]),
        ClusterPublication(
            event: .typing(Typing(conversation: "c", app: "app", side: .agent, isTyping: false)),
            topics: [.conversation("c")]),
        ClusterPublication(event: .conversationUpdated(conversation()), topics: [.app("app")]),
        ClusterPublication(event: .presenceChanged(session.device, isOnline: true), topics: [.app("app")]),
        ClusterPublication(event: .sessionConnected(session), topics: [.app("app")]),
        ClusterPublication(
            event: .sessionDisconnected(session, reason: "transport close"), topics: [.app("app"), Topic("x:y")]),
    ]

    static let heartbeat = Heartbeat(
        number: 12,
        marks: [
            Heartbeat.Mark(conversation: "c1", app: "app", sequence: 4),
            Heartbeat.Mark(conversation: "c2", app: "b", sequence: 9),
        ], isIncomplete: true, isLast: true)

    static func envelope(_ records: [ClusterRecord], from node: NodeID = "n1") -> ByteBuffer {
        var body = ClusterEnvelope.header(of: node)
        for (index, record) in records.enumerated() {
            if let bytes = ClusterEnvelope.encode(record, number: UInt64(index + 1)) {
                body.writeImmutableBuffer(bytes)
            }
        }
        return body
    }
}

extension ClusterPublication {
    /// The number of the message; 0 for any other event.
    var sequence: Int64 {
        if case .messageCreated(let message, _) = event { message.sequence } else { 0 }
    }
}

/// Seeded numbers, so that a failure can be had again.
struct Dice: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state &* 0x2545_F491_4F6C_DD1D
    }

    /// True in so many of a hundred cases.
    mutating func percent(_ chance: Int) -> Bool { Int.random(in: 0..<100, using: &self) < chance }
}
