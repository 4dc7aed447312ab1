/// The joins of one connection, performed one after the other: the last one asked for is the room in the end.
///
/// A leave that comes while its join waits or is under way wins: that join ends outside the room. `Reply` is how
/// whoever asked is answered.
public struct JoinQueue<Reply: Sendable>: Sendable {
    /// One wish to hear a conversation.
    public struct Join: Sendable {
        /// What is to be heard.
        public let conversation: ConversationID
        /// How to answer; nil: nobody waits for an answer.
        public let reply: Reply?
        /// Asked for by the server: nothing is said if it fails or has happened already.
        public let isSilent: Bool
        /// The peer left while it waited.
        public fileprivate(set) var isLeft = false

        /// Makes a join.
        public init(_ conversation: ConversationID, reply: Reply? = nil, isSilent: Bool = false) {
            self.conversation = conversation
            self.reply = reply
            self.isSilent = isSilent
        }
    }

    /// What became of a wish.
    public enum Admission: Sendable {
        /// Nobody performs joins: begin.
        case begin
        /// It will be its turn.
        case wait
        /// Too many wait.
        case refuse
    }

    /// The most joins that may wait for the one under way.
    public static var mostWaiting: Int { 16 }

    private var waiting: [Join] = []
    /// The one under way.
    public private(set) var current: Join?
    private var isRunning = false

    /// Makes an empty queue.
    public init() {}

    /// Puts a join last.
    public mutating func add(_ join: Join) -> Admission {
        guard waiting.count < Self.mostWaiting else { return .refuse }
        waiting.append(join)
        defer { isRunning = true }
        return isRunning ? .wait : .begin
    }

    /// Ends the join under way and begins the next; nil: none waits, and whoever performs them stops.
    public mutating func next() -> Join? {
        current = waiting.isEmpty ? nil : waiting.removeFirst()
        isRunning = current != nil
        return current
    }

    /// The peer leaves: joins of that conversation asked for before end outside.
    public mutating func leave(_ conversation: ConversationID) {
        if current?.conversation == conversation { current?.isLeft = true }
        for index in waiting.indices where waiting[index].conversation == conversation { waiting[index].isLeft = true }
    }

    /// Whether a conversation is to be entered by a join that waits or is under way.
    public func contains(_ conversation: ConversationID) -> Bool {
        if let current, current.conversation == conversation, !current.isLeft { return true }
        return waiting.contains { $0.conversation == conversation && !$0.isLeft }
    }

    /// The peer is gone.
    public mutating func removeAll() { waiting = [] }
}
