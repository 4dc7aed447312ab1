/// One node's part in a cluster, as a value: what happens goes in with its time, and ``takeEffects()`` tells what is to
/// be done. Order, gaps and repair are decided here; nothing waits and nothing is read here.
struct ClusterCore: Sendable {
    /// The channel that all nodes hear.
    static let nodesChannel = "nodes"
    /// The channel of all events, where topics have none of their own.
    static let eventsChannel = "events"
    static let heartbeatInterval = TimeAmount.seconds(1)
    /// Without its own heartbeats coming back for so long a node takes itself for deaf.
    static let echoPatience = TimeAmount.seconds(5)
    /// Between two repairs of everything.
    static let repairPause = TimeAmount.seconds(1)
    /// So many records leave together: those of one number on several channels must not lie further apart than
    /// a ``ReplayWindow`` reaches.
    static let recordsPerFlush: UInt64 = 1_024
    /// How many reads of the store are under way at once.
    static let mostReads = 32

    let node: NodeID
    let traits: BrokerTraits

    // What members are here for.
    var interest: [Topic: Int] = [:]
    /// Topics whose first subscription is not confirmed yet: what was published before may be missed.
    var unconfirmed: Set<Topic> = []
    /// Channels of all nodes whose first subscription is not confirmed yet.
    var unconfirmedChannels: Set<String>
    /// Conversations that somebody looked at, perhaps to join them; a short memory.
    var looks = ArrivalTable<ConversationID, Look>()
    /// Looks at apps of agents that are about to listen to them; a short memory.
    var appLooks = ArrivalTable<AppID, AppLook>()
    var cursors: CursorTable

    // What goes out.
    var nextNumber: UInt64 = 1
    var outbox = Outbox()
    var marks = MarkTable()
    var nextHeartbeatNumber: Int64 = 1
    var nextHeartbeat: NIODeadline?

    // What comes in.
    var isConnected = false
    var peers = PeerTable()
    /// When a heartbeat of this node last came back to it.
    var lastEcho: NIODeadline
    var isDeaf = false

    // Repair.
    /// Everything is to be repaired as of then; nil: it is not.
    var repairSince: NIODeadline?
    /// Not before then.
    var repairDue: NIODeadline
    /// Conversations to read, in this order.
    var readQueue = ArrivalTable<ConversationID, Bool>()
    var readCount = 0
    /// Conversations whose cursor waits, until when.
    var waiting: [ConversationID: NIODeadline] = [:]
    var surveys: [AppID: AppSurvey] = [:]
    var surveyCount = 0
    /// Surveys that failed: when they are tried again.
    var surveyRetries: [AppID: NIODeadline] = [:]
    /// Conversations that changed elsewhere and are read anew.
    var refreshes = RefreshQueue()
    /// Events that wait for messages before them that are being read.
    var followers = FollowerTable()

    var effects: [ClusterEffect] = []
    /// Records that could not be read.
    var skippedRecords = 0

    /// What somebody knew of a conversation who looked at it.
    struct Look: Sendable {
        var app: AppID
        var lastSequence: Int64?
    }

    /// How far an app had come when somebody looked at it.
    struct AppLook: Sendable {
        var begunAt: NIODeadline
        /// The last message's number of each conversation that changed lately; 0: it has none.
        var last: [ConversationID: Int64]
        /// Of every other conversation no message that was visible then is later than this.
        ///
        /// What was read is the conversations that changed last, all at one instant, and none has a message later than
        /// its last change. So whatever is later was not visible then, although its number may be lower than others
        /// that were: numbers are drawn before the commit. What was not visible is later than this in turn, unless it
        /// took longer from its time to its commit than the look reaches back.
        var horizon: Timestamp

        init(_ page: SurveyPage, begunAt: NIODeadline) {
            self.begunAt = begunAt
            // With all of them read no other conversation has anything.
            horizon = page.next?.at ?? .epoch
            last = Dictionary(
                page.rows.map { ($0.conversation.id, $0.lastMessage?.sequence ?? 0) }, uniquingKeysWith: max)
        }
    }

    init(
        node: NodeID, at now: NIODeadline, traits: BrokerTraits = BrokerTraits(), cursorCapacity: Int = 20_000
    ) {
        self.node = node
        self.traits = traits
        cursors = CursorTable(capacity: cursorCapacity)
        lastEcho = now
        repairDue = now
        // What this node published before, by a bus that was or by none, is in no mark.
        marks.lose()
        let channels = traits.hasChannelPerTopic ? [Self.nodesChannel] : [Self.nodesChannel, Self.eventsChannel]
        unconfirmedChannels = Set(channels)
        effects = [.subscribe(channels)]
    }

    /// What is to be done, in this order. What was published since the last time leaves as one batch.
    mutating func takeEffects() -> [ClusterEffect] {
        flushOutbox()
        return exchange(&effects, with: [])
    }
}

extension Topic {
    private static let conversationPrefix = "conversation:"
    private static let appPrefix = "app:"

    /// The channel that carries the topic.
    var channel: String { "t:" + name }

    /// The topic that a channel carries.
    init?(channel: String) {
        guard channel.hasPrefix("t:") else { return nil }
        self.init(String(channel.dropFirst(2)))
    }

    var conversation: ConversationID? {
        name.hasPrefix(Self.conversationPrefix)
            ? ConversationID(String(name.dropFirst(Self.conversationPrefix.count))) : nil
    }

    var app: AppID? {
        name.hasPrefix(Self.appPrefix) ? AppID(String(name.dropFirst(Self.appPrefix.count))) : nil
    }
}
