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
    }

    enum Pending {
        case read(Int, ConversationID, AppID, Int64)
        case survey(Int, AppSurvey)
        case refresh(Int, ConversationID, AppID)
        case heartbeats(Int, [Heartbeat], Bool)
    }

    var dice: Dice
    var now = NIODeadline.uptimeNanoseconds(1_000_000_000_000_000)
    var stations: [Station] = []
    var messages: [ConversationID: [Message]] = [:]
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
        case .survey(let survey): pending.append(.survey(index, survey))
        case .refresh(let conversation, let app): pending.append(.refresh(index, conversation, app))
        }
    }

    private mutating func deliver(_ publication: ClusterPublication, at index: Int) {
        guard case .messageCreated(let message, _) = publication.event else { return }
        if let last = stations[index].heard[message.conversation]?.last, last >= message.sequence {
            problems.append("node \(index) got \(message.sequence) after \(last)")
        }
        stations[index].heard[message.conversation]?.append(message.sequence)
    }

    /// Commits a message at a node, as the store would; it is published later.
    mutating func commit(_ conversation: ConversationID, at index: Int) {
        let previous = messages[conversation]?.last?.sequence ?? 0
        var message = Samples.message(nextSequence, in: conversation)
        message.createdAt = wall
        nextSequence += 1
        messages[conversation, default: []].append(message)
        stations[index].commits.append(
            ClusterPublication(
                event: .messageCreated(message, conversation: Samples.conversation(conversation)),
                topics: [.conversation(conversation), .app("app")],
                // A store that lost the answer to a commit does not tell.
                previousSequence: dice.percent(3) ? nil : previous))
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
            let found = (messages[conversation] ?? []).filter { $0.sequence > sequence }
            let page = ConversationCursor.Page(
                messages: Array(found.prefix(3)), hasMore: found.count > 3,
                conversation: Samples.conversation(conversation))
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

    func surveyPage(_ survey: AppSurvey) -> SurveyPage {
        let rows = messages.compactMap { id, messages in
            messages.last.map { last in
                var conversation = Samples.conversation(id)
                conversation.updatedAt = last.createdAt
                return ConversationRow(conversation: conversation, lastMessage: last)
            }
        }
        .sorted { ($1.conversation.updatedAt, $1.conversation.id) < ($0.conversation.updatedAt, $0.conversation.id) }
        let rest = rows.filter { row in
            survey.cursor.map { (row.conversation.updatedAt, row.conversation.id.rawValue) < ($0.at, $0.id) } ?? true
        }
        guard let since = survey.since else {
            return SurveyPage(rows: rows)
        }
        let page = Array(rest.prefix(2))
        let from = Timestamp(milliseconds: Int64(since.uptimeNanoseconds / 1_000_000) - 1_000)
        let next = page.last.flatMap { last in
            page.count == 2 && last.conversation.updatedAt >= from
                ? PageCursor(at: last.conversation.updatedAt, id: last.conversation.id.rawValue) : nil
        }
        return SurveyPage(rows: page, next: next)
    }
}
