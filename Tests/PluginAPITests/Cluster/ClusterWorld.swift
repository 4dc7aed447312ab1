import NIOCore

@testable import PluginAPI

/// Several cluster cores over a store, and a broker that can lose, delay, repeat and mix channels. Time stands in it, and
/// chance is seeded.
struct ClusterWorld {
    /// One node with what its members got.
    struct Station {
        var core: ClusterCore
        var isAlive = true
        var isConnected = false
        var subscriptions: Set<String> = []
        /// What is under way to it, by channel.
        var inbound: [String: [BrokerMessage]] = [:]
        /// What was committed here and is not yet published.
        var commits: [ClusterPublication] = []
        /// What the members of a conversation got since the first of them came.
        var heard: [ConversationID: [Int64]] = [:]
        /// From which number on they must get everything.
        var expectedFrom: [ConversationID: Int64] = [:]
        /// Up to which number nothing is new to the agents who came.
        var knownToAgents: [ConversationID: Int64] = [:]
    }

    /// A message that has its number and its time and is not visible yet. Its conversation takes no other meanwhile.
    struct Transaction {
        var index: Int
        var message: Message
    }

    enum Pending {
        case read(Int, ConversationID, AppID, Int64)
        case readCreated(Int, ConversationID, Timestamp)
        case survey(Int, AppSurvey)
        case refresh(Int, ConversationID, AppID)
        case heartbeats(Int, [Heartbeat], Bool)
    }

    var dice: Dice
    var now = NIODeadline.uptimeNanoseconds(1_000_000_000_000_000)
    var stations: [Station] = []
    var messages: [ConversationID: [Message]] = [:]
    /// When conversations changed last.
    var changes: [ConversationID: Timestamp] = [:]
    var transactions: [ConversationID: Transaction] = [:]
    var nextSequence: Int64 = 1
    var pending: [Pending] = []
    /// How likely a message is lost, or comes twice, in percent.
    var loss = 0
    var repeats = 0
    /// How likely a read of the store fails, in percent.
    var failures = 0
    var problems: [String] = []
    let traits: BrokerTraits

    init(seed: UInt64, nodes: Int, traits: BrokerTraits = BrokerTraits()) {
        dice = Dice(seed: seed)
        self.traits = traits
        for _ in 0..<nodes { addStation() }
    }

    mutating func addStation() {
        stations.append(Station(core: ClusterCore(node: NodeID("n\(stations.count)"), at: now, traits: traits)))
        work(stations.count - 1)
        connect(stations.count - 1)
    }

    /// Lets a node take something in and does what it wants done.
    mutating func work(_ index: Int, _ input: (inout ClusterCore, NIODeadline) -> Void = { _, _ in }) {
        guard stations[index].isAlive else { return }
        input(&stations[index].core, now)
        stations[index].core.advance(to: now)
        for effect in stations[index].core.takeEffects() { perform(effect, of: index) }
    }

    private mutating func perform(_ effect: ClusterEffect, of index: Int) {
        switch effect {
        case .deliver(let publication): deliver(publication, at: index)
        case .subscribe(let channels):
            stations[index].subscriptions.formUnion(channels)
            if stations[index].isConnected { confirm(channels, at: index) }
        case .unsubscribe(let channels): stations[index].subscriptions.subtract(channels)
        case .publish(let messages): _ = publish(messages, from: index)
        case .sendHeartbeats(let messages, let heartbeats):
            pending.append(.heartbeats(index, heartbeats, publish(messages, from: index)))
        case .read(let conversation, let app, let sequence): pending.append(.read(index, conversation, app, sequence))
        case .readCreated(let conversation, _, let time): pending.append(.readCreated(index, conversation, time))
        case .survey(let survey): pending.append(.survey(index, survey))
        case .refresh(let conversation, let app): pending.append(.refresh(index, conversation, app))
        }
    }

    private mutating func deliver(_ publication: ClusterPublication, at index: Int) {
        guard case .messageCreated(let message, _) = publication.event else { return }
        if let last = stations[index].heard[message.conversation]?.last, last >= message.sequence {
            problems.append("node \(index) got \(message.sequence) after \(last)")
        }
        if let known = stations[index].knownToAgents[message.conversation], message.sequence <= known {
            problems.append("node \(index) got \(message.sequence), which was there before its agents")
        }
        stations[index].heard[message.conversation]?.append(message.sequence)
    }

    /// Commits a message at a node, as the store would; it is published later.
    mutating func commit(_ conversation: ConversationID, at index: Int) {
        begin(conversation, at: index)
        commit(conversation)
    }

    /// A node's transaction draws a number under the conversation's lock; it is committed before time goes on.
    mutating func begin(_ conversation: ConversationID, at index: Int) {
        commit(conversation)
        var message = Samples.message(nextSequence, in: conversation)
        message.createdAt = max(wall, messages[conversation]?.last?.createdAt.adding(milliseconds: 1) ?? wall)
        nextSequence += 1
        transactions[conversation] = Transaction(index: index, message: message)
    }

    mutating func commit(_ conversation: ConversationID) {
        guard let transaction = transactions.removeValue(forKey: conversation) else { return }
        let (index, message) = (transaction.index, transaction.message)
        let previous = messages[conversation]?.last?.sequence ?? 0
        messages[conversation, default: []].append(message)
        touch(conversation, at: message.createdAt)
        // A process that was killed publishes nothing.
        guard stations[index].isAlive else { return }
        stations[index].commits.append(
            ClusterPublication(
                event: .messageCreated(message, conversation: Samples.conversation(conversation)),
                topics: [.conversation(conversation), .app("app")],
                // A store that lost the answer to a commit does not tell.
                previousSequence: dice.percent(3) ? nil : previous))
    }

    /// A conversation changes, without a message: its status, say.
    mutating func touch(_ conversation: ConversationID, at time: Timestamp) {
        changes[conversation] = max(changes[conversation] ?? time, time)
    }

    var wall: Timestamp { Timestamp(milliseconds: Int64(now.uptimeNanoseconds / 1_000_000)) }
}

// MARK: The store

extension ClusterWorld {
    /// Answers one of the waiting reads.
    mutating func answer() {
        guard let chosen = pending.indices.randomElement(using: &dice) else { return }
        let request = pending.remove(at: chosen)
        let fails = dice.percent(failures)
        switch request {
        case .heartbeats(let index, let heartbeats, let isTaken):
            work(index) { core, _ in core.heartbeatsSent(heartbeats, isTaken) }
        case .read(let index, let conversation, _, let sequence):
            let page = page(of: conversation) { $0.sequence > sequence }
            work(index) { core, now in core.readFinished(conversation, fails ? nil : page, at: now) }
        case .readCreated(let index, let conversation, let time):
            let page = page(of: conversation) { $0.createdAt > time }
            work(index) { core, now in core.readFinished(conversation, fails ? nil : page, at: now) }
        case .refresh(let index, let conversation, let app):
            work(index) { core, now in
                core.refreshed(
                    conversation, of: app, fails ? .failed : .found(Samples.conversation(conversation)), at: now)
            }
        case .survey(let index, let survey):
            let page = surveyPage(survey)
            work(index) { core, now in core.surveyed(survey, fails ? nil : page, at: now) }
        }
    }

    private func page(of conversation: ConversationID, where condition: (Message) -> Bool) -> ConversationCursor.Page {
        let found = (messages[conversation] ?? []).filter(condition)
        return ConversationCursor.Page(
            messages: Array(found.prefix(3)), hasMore: found.count > 3,
            conversation: Samples.conversation(conversation))
    }

    /// As ``StoredMessages`` reads, with smaller pages: two conversations, and all of them in a look where the second
    /// changed within the last second, which is the clocks' difference here.
    func surveyPage(_ survey: AppSurvey) -> SurveyPage {
        let rows = changes.map { id, time in
            var conversation = Samples.conversation(id)
            conversation.updatedAt = time
            return ConversationRow(conversation: conversation, lastMessage: messages[id]?.last)
        }
        .sorted { ($1.conversation.updatedAt, $1.conversation.id) < ($0.conversation.updatedAt, $0.conversation.id) }
        let rest = rows.filter { row in
            survey.cursor.map { (row.conversation.updatedAt, row.conversation.id.rawValue) < ($0.at, $0.id) } ?? true
        }
        var page = SurveyPage(rows: Array(rest.prefix(2)))
        guard page.rows.count == 2, let last = page.rows.last?.conversation else { return page }
        let since = Timestamp(milliseconds: Int64((survey.since ?? now).uptimeNanoseconds / 1_000_000) - 1_000)
        if survey.since == nil, last.updatedAt >= since { return SurveyPage(rows: rows) }
        if survey.since == nil || last.updatedAt >= since {
            page.next = PageCursor(at: last.updatedAt, id: last.id.rawValue)
        }
        return page
    }
}
