import PluginAPI

/// The joins of one socket, performed one after the other: the last one asked for is the room in the end.
///
/// A leave that comes while its join waits or is under way wins: that join ends outside the room.
struct JoinQueue: Sendable {
    struct Join: Sendable {
        let conversation: ConversationID
        let acknowledge: (@Sendable ([SocketIOValue]) -> Void)?
        /// Asked for by the server: nothing is said if it fails or has happened already.
        let isSilent: Bool
        fileprivate(set) var isLeft = false

        init(
            _ conversation: ConversationID,
            acknowledge: (@Sendable ([SocketIOValue]) -> Void)? = nil,
            isSilent: Bool = false
        ) {
            self.conversation = conversation
            self.acknowledge = acknowledge
            self.isSilent = isSilent
        }
    }

    enum Admission: Sendable {
        /// Nobody performs joins: begin.
        case begin
        /// It will be its turn.
        case wait
        /// Too many wait.
        case refuse
    }

    /// The most joins that may wait for the one under way.
    static let mostWaiting = 16

    private var waiting: [Join] = []
    /// The one under way.
    private(set) var current: Join?
    private var isRunning = false

    mutating func add(_ join: Join) -> Admission {
        guard waiting.count < Self.mostWaiting else { return .refuse }
        waiting.append(join)
        defer { isRunning = true }
        return isRunning ? .wait : .begin
    }

    /// Ends the join under way and begins the next; nil: none waits, and whoever performs them stops.
    mutating func next() -> Join? {
        current = waiting.isEmpty ? nil : waiting.removeFirst()
        isRunning = current != nil
        return current
    }

    /// The peer leaves: joins of that conversation asked for before end outside.
    mutating func leave(_ conversation: ConversationID) {
        if current?.conversation == conversation { current?.isLeft = true }
        for index in waiting.indices where waiting[index].conversation == conversation { waiting[index].isLeft = true }
    }

    /// The peer is gone.
    mutating func removeAll() { waiting = [] }
}
