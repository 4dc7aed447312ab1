/// How far this node has published each conversation, until a heartbeat that says so has reached the broker.
struct MarkTable: Sendable {
    /// How many conversations are remembered; beyond it the others are asked to look at everything.
    static let capacity = 20_000
    /// How many one heartbeat names.
    static let perHeartbeat = 2_000

    private var marks = ArrivalTable<ConversationID, Heartbeat.Mark>()
    private var isIncomplete = false

    var isEmpty: Bool { marks.isEmpty && !isIncomplete }

    mutating func note(_ message: Message) {
        marks.append(
            Heartbeat.Mark(conversation: message.conversation, app: message.app, sequence: message.sequence),
            for: message.conversation)
        guard marks.count > Self.capacity else { return }
        marks.removeFirst()
        isIncomplete = true
    }

    /// Not all that was published is known any more.
    mutating func lose() { isIncomplete = true }

    /// What the next heartbeats say; one without marks if there are none.
    func heartbeats(from number: Int64) -> [Heartbeat] {
        var heartbeats = [Heartbeat(number: number, isIncomplete: isIncomplete)]
        for mark in marks.values {
            if heartbeats[heartbeats.count - 1].marks.count >= Self.perHeartbeat {
                heartbeats.append(Heartbeat(number: number + Int64(heartbeats.count)))
            }
            heartbeats[heartbeats.count - 1].marks.append(mark)
        }
        return heartbeats
    }

    /// These reached the broker.
    mutating func confirm(_ heartbeats: [Heartbeat]) {
        for heartbeat in heartbeats {
            if heartbeat.isIncomplete { isIncomplete = false }
            for mark in heartbeat.marks where marks[mark.conversation] == mark {
                marks.removeValue(for: mark.conversation)
            }
        }
    }
}
