// Who listens here, and to what.
extension ClusterCore {
    /// How many looks are remembered.
    static let mostLooks = 20_000
    static let mostAppLooks = 1_000
    /// An agent that looked at an app listens to it soon after, or does not come.
    static let lookLifetime = TimeAmount.seconds(60)
    /// Of agents that look so soon one after the other, and come, the first one to listen may be either.
    static let lookOverlap = TimeAmount.seconds(5)

    /// A loop has members of a topic on a wire now, or no longer has.
    mutating func interest(in topic: Topic, exists: Bool, at now: NIODeadline) {
        let before = interest[topic] ?? 0
        let after = max(before + (exists ? 1 : -1), 0)
        interest[topic] = after == 0 ? nil : after
        if before == 0, after > 0 { begin(topic, at: now) }
        if before > 0, after == 0 { end(topic) }
    }

    /// Somebody looked at a conversation and may join it: from there on nothing may be missed.
    mutating func looked(at conversation: ConversationID, of app: AppID, lastSequence: Int64?) {
        guard interest[.conversation(conversation)] == nil else { return }
        // The first look of several that join together reaches furthest back.
        let known = looks[conversation]?.lastSequence
        looks.append(Look(app: app, lastSequence: known ?? lastSequence), for: conversation)
        if looks.count > Self.mostLooks { looks.removeFirst() }
    }

    /// An agent looked at an app and is about to listen to it: from there on nothing may be missed.
    ///
    /// Kept also while others listen, as they may have gone when the agent comes. Looks of agents that came while others
    /// listened are followed by nothing, so the later one counts; without others the earlier of two that are close
    /// together does, since it may be the one that the first agent to come relies on.
    mutating func looked(at app: AppID, _ look: AppLook, at now: NIODeadline) {
        while let oldest = appLooks.first, oldest.value.begunAt + Self.lookLifetime <= now { appLooks.removeFirst() }
        let isHeard = interest[.app(app)] != nil
        // A survey that sets the floor itself is under way, or waits for the subscription. What is stored from then on comes
        // by the subscription; a look that ended after its agent had stopped waiting would count it as delivered.
        if isHeard, cursors.floor(of: app) == nil { return }
        if let known = appLooks[app] {
            if known.begunAt > look.begunAt { return }
            if !isHeard, known.begunAt + Self.lookOverlap > look.begunAt { return }
        }
        appLooks.append(look, for: app)
        if appLooks.count > Self.mostAppLooks { appLooks.removeFirst() }
    }

    private mutating func begin(_ topic: Topic, at now: NIODeadline) {
        unconfirmed.insert(topic)
        if let conversation = topic.conversation {
            let look = looks.removeValue(for: conversation)
            cursors.join(conversation, app: look?.app, lastSequence: look?.lastSequence)
        }
        if let app = topic.app {
            let look = appLooks.removeValue(for: app)
            cursors.watch(app, since: look.flatMap { $0.begunAt + Self.lookLifetime > now ? $0 : nil })
        }
        if traits.hasChannelPerTopic {
            effects.append(.subscribe([topic.channel]))
        } else if !unconfirmedChannels.contains(Self.eventsChannel) {
            // Everything comes already; what came before was passed over.
            confirmed(topic, at: now)
        }
    }

    private mutating func end(_ topic: Topic) {
        unconfirmed.remove(topic)
        if let conversation = topic.conversation {
            cursors.leave(conversation)
            if cursors[conversation] == nil { forget(conversation) }
        }
        if let app = topic.app {
            cursors.unwatch(app)
            surveys[app] = nil
            surveyRetries[app] = nil
            for conversation in followers.conversations { letFollow(conversation) }
        }
        if traits.hasChannelPerTopic { effects.append(.unsubscribe([topic.channel])) }
    }

    /// From here on everything published to the channel comes; what was published before may have been missed.
    mutating func subscribed(_ channel: String, at now: NIODeadline) {
        if let topic = Topic(channel: channel) { return confirmed(topic, at: now) }
        let isNew = unconfirmedChannels.remove(channel) != nil
        // Whoever came before the channel of all events stood has missed what was published until now.
        if isNew, channel == Self.eventsChannel { for topic in unconfirmed { confirmed(topic, at: now) } }
    }

    private mutating func confirmed(_ topic: Topic, at now: NIODeadline) {
        guard unconfirmed.remove(topic) != nil else { return }
        if let conversation = topic.conversation {
            change(conversation) { cursor in
                cursor.suspect(at: now)
                return []
            }
        }
        guard let app = topic.app else { return }
        if cursors.floor(of: app) == nil {
            begin(AppSurvey(app: app))
        } else if let since = cursors.lookedAt(app) {
            begin(AppSurvey(app: app, since: since))
        }
    }
}
