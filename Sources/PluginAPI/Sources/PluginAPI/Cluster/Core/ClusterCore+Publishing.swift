// What this node publishes.
extension ClusterCore {
    /// Something was published here: for the members on this node, and for the other nodes.
    mutating func publish(_ publication: ClusterPublication, at now: NIODeadline) {
        send(publication)
        // Without topics it is for the other nodes alone.
        if !publication.topics.isEmpty { accept(publication, at: now) }
    }

    private mutating func send(_ publication: ClusterPublication) {
        if case .messageCreated(let message, _) = publication.event { marks.note(message) }
        // Heartbeats say afterwards what was published meanwhile.
        guard isConnected else { return }
        let record = ClusterRecord(publication, carriesContent: traits.carriesContent)
        guard let bytes = ClusterEnvelope.encode(record, number: nextNumber) else { return }
        nextNumber += 1
        for channel in channels(of: publication) { outbox.add(bytes, to: channel, from: node) }
        if nextNumber % Self.recordsPerFlush == 0 { flushOutbox() }
    }

    private func channels(of publication: ClusterPublication) -> [String] {
        if publication.topics.isEmpty { return [Self.nodesChannel] }
        guard traits.hasChannelPerTopic else { return [Self.eventsChannel] }
        var channels: [String] = []
        for topic in publication.topics where !channels.contains(topic.channel) { channels.append(topic.channel) }
        return channels
    }

    /// Inputs were dropped because they came too fast: all are asked to look at everything.
    mutating func overflowed(at now: NIODeadline) {
        marks.lose()
        requestRepair(since: now)
    }

    mutating func flushOutbox() {
        let messages = outbox.take()
        if !messages.isEmpty { effects.append(.publish(messages)) }
    }
}

// MARK: Heartbeats

extension ClusterCore {
    /// Says that this node lives, and what it has published.
    mutating func beat(at now: NIODeadline) {
        guard isConnected else { return }
        let heartbeats = marks.heartbeats(from: nextHeartbeatNumber)
        send(heartbeats)
        nextHeartbeat = now + Self.heartbeatInterval
    }

    /// The node stops: the others are told that its silence means nothing.
    mutating func close() {
        guard isConnected else { return }
        var heartbeats = marks.heartbeats(from: nextHeartbeatNumber)
        heartbeats[heartbeats.count - 1].isLast = true
        send(heartbeats)
        nextHeartbeat = nil
    }

    private mutating func send(_ heartbeats: [Heartbeat]) {
        // What was published goes first, so that no mark arrives before its message.
        flushOutbox()
        nextHeartbeatNumber += Int64(heartbeats.count)
        var messages: [BrokerMessage] = []
        for heartbeat in heartbeats {
            guard let record = ClusterEnvelope.encode(.heartbeat(heartbeat), number: nextNumber) else { continue }
            nextNumber += 1
            var body = ClusterEnvelope.header(of: node)
            body.writeImmutableBuffer(record)
            messages.append(BrokerMessage(channel: Self.nodesChannel, body: body))
        }
        effects.append(.sendHeartbeats(messages, heartbeats))
    }

    /// The broker took heartbeats, or perhaps not.
    mutating func heartbeatsSent(_ heartbeats: [Heartbeat], _ isTaken: Bool) {
        if isTaken { marks.confirm(heartbeats) }
    }
}
