import NIOCore

@testable import PluginAPI

// The broker, and who comes and goes.
extension ClusterWorld {
    /// False: the broker did not take them.
    mutating func publish(_ batch: [BrokerMessage], from index: Int) -> Bool {
        guard stations[index].isConnected else { return false }
        for message in batch {
            for target in stations.indices
            where stations[target].isConnected && stations[target].subscriptions.contains(message.channel) {
                guard !dice.percent(loss) else { continue }
                stations[target].inbound[message.channel, default: []].append(message)
                if dice.percent(repeats) { stations[target].inbound[message.channel, default: []].append(message) }
            }
        }
        // Taken, but the answer may be lost.
        return !dice.percent(loss)
    }

    mutating func confirm(_ channels: [String], at index: Int) {
        stations[index].core.handle(.subscribed(channels), at: now)
    }

    mutating func connect(_ index: Int) {
        guard stations[index].isAlive, !stations[index].isConnected else { return }
        stations[index].isConnected = true
        let channels = Array(stations[index].subscriptions)
        work(index) { core, now in
            core.handle(.subscribed(channels), at: now)
            core.handle(.connected, at: now)
        }
    }

    mutating func disconnect(_ index: Int) {
        guard stations[index].isConnected else { return }
        stations[index].isConnected = false
        stations[index].inbound = [:]
        work(index) { core, now in core.handle(.lost(reason: "test"), at: now) }
    }

    /// The process is killed: what it had not published it never will.
    mutating func kill(_ index: Int) {
        stations[index].isAlive = false
        stations[index].isConnected = false
        stations[index].inbound = [:]
        stations[index].commits = []
    }

    /// One message of one channel arrives.
    mutating func receive(_ index: Int) {
        let waiting = stations[index].inbound.keys.sorted()
        guard let channel = waiting.randomElement(using: &dice), var queue = stations[index].inbound[channel],
            !queue.isEmpty
        else { return }
        let message = queue.removeFirst()
        stations[index].inbound[channel] = queue.isEmpty ? nil : queue
        work(index) { core, now in core.handle(.received(message), at: now) }
    }

    /// The oldest commit of a node is published.
    mutating func publishCommit(_ index: Int) {
        guard stations[index].isAlive, !stations[index].commits.isEmpty else { return }
        let publication = stations[index].commits.removeFirst()
        work(index) { core, now in core.publish(publication, at: now) }
    }

    /// A member looks at a conversation and joins it.
    mutating func join(_ conversation: ConversationID, at index: Int) {
        guard stations[index].isAlive, stations[index].core.interest[.conversation(conversation)] == nil else { return }
        let last = messages[conversation]?.last?.sequence ?? 0
        // With agents listening already it goes on where they are.
        if stations[index].heard[conversation] == nil {
            stations[index].heard[conversation] = []
            stations[index].expectedFrom[conversation] = last
        }
        work(index) { core, _ in core.looked(at: conversation, of: "app", lastSequence: last) }
        let alive = stations.indices.filter { stations[$0].isAlive }
        for _ in 0..<3 where dice.percent(40) {
            if let writer = alive.randomElement(using: &dice) { commit(conversation, at: writer) }
        }
        work(index) { core, now in core.interest(in: .conversation(conversation), exists: true, at: now) }
    }

    /// An agent looks at its app and listens to it.
    mutating func listen(to conversations: [ConversationID], at index: Int) {
        guard stations[index].isAlive, stations[index].core.interest[.app("app")] == nil else { return }
        for conversation in conversations where stations[index].heard[conversation] == nil {
            stations[index].heard[conversation] = []
            let last = messages[conversation]?.last?.sequence ?? 0
            stations[index].expectedFrom[conversation] = last
            stations[index].knownToAgents[conversation] = last
        }
        let look = ClusterCore.AppLook(surveyPage(AppSurvey(app: "app")), begunAt: now)
        work(index) { core, now in core.looked(at: "app", look, at: now) }
        let alive = stations.indices.filter { stations[$0].isAlive }
        for conversation in conversations where dice.percent(40) {
            if let writer = alive.randomElement(using: &dice) { commit(conversation, at: writer) }
        }
        work(index) { core, now in core.interest(in: .app("app"), exists: true, at: now) }
    }

    mutating func leave(_ conversation: ConversationID, at index: Int) {
        guard stations[index].isAlive, stations[index].core.interest[.conversation(conversation)] != nil else { return }
        if stations[index].core.interest[.app("app")] == nil {
            check(conversation, at: index, isComplete: false)
            stations[index].heard[conversation] = nil
            stations[index].expectedFrom[conversation] = nil
        }
        work(index) { core, now in core.interest(in: .conversation(conversation), exists: false, at: now) }
    }

    /// What the members got is what the store has, without a gap; if complete, to the end.
    mutating func check(_ conversation: ConversationID, at index: Int, isComplete: Bool) {
        guard let heard = stations[index].heard[conversation], let from = stations[index].expectedFrom[conversation]
        else { return }
        let expected = (messages[conversation] ?? []).map(\.sequence).filter { $0 > from }
        let relevant = heard.filter { $0 > from }
        let isRight = isComplete ? relevant == expected : expected.starts(with: relevant)
        if !isRight {
            problems.append("node \(index), \(conversation): heard \(relevant), expected \(expected)")
        }
    }
}
