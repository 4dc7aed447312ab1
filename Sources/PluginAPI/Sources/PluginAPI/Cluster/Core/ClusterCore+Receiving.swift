// What comes from the broker.
extension ClusterCore {
    mutating func handle(_ event: BrokerEvent, at now: NIODeadline) {
        switch event {
        case .connected: connected(at: now)
        case .lost: lost()
        case .subscribed(let channels): for channel in channels { subscribed(channel, at: now) }
        case .received(let message): received(message, at: now)
        }
    }

    private mutating func connected(at now: NIODeadline) {
        isConnected = true
        isDeaf = false
        peers.forgive(at: now)
        requestRepair(since: lastEcho)
        lastEcho = now
        beat(at: now)
    }

    private mutating func lost() {
        isConnected = false
        nextHeartbeat = nil
        _ = outbox.take()
    }

    private mutating func received(_ message: BrokerMessage, at now: NIODeadline) {
        guard let sender = ClusterEnvelope.sender(of: message.body) else {
            skippedRecords += 1
            return
        }
        guard sender != node else {
            if message.channel == Self.nodesChannel { echoed(at: now) }
            return
        }
        guard let envelope = ClusterEnvelope(message.body) else {
            skippedRecords += 1
            return
        }
        skippedRecords += envelope.skipped
        for entry in envelope.entries where peers.admit(entry.number, from: sender, at: now) {
            switch entry.record {
            case .event(let publication): accept(publication, at: now)
            case .messageReference(let reference): accept(reference, at: now)
            case .conversationReference(let reference): accept(reference, at: now)
            case .heartbeat(let heartbeat): hear(heartbeat, from: sender, at: now)
            }
        }
    }

    /// A heartbeat of this node came back: it hears, and the broker takes what it says.
    private mutating func echoed(at now: NIODeadline) {
        if isDeaf {
            isDeaf = false
            peers.forgive(at: now)
            requestRepair(since: lastEcho)
        }
        lastEcho = now
    }

    private mutating func hear(_ heartbeat: Heartbeat, from sender: NodeID, at now: NIODeadline) {
        let gap = peers.heartbeat(heartbeat.number, isLast: heartbeat.isLast, from: sender, at: now)
        if let gap { requestRepair(since: gap) }
        if heartbeat.isIncomplete { requestRepair(since: gap ?? now - Self.echoPatience) }
        for mark in heartbeat.marks where mark.sequence > 0 {
            heard(mark.conversation, of: mark.app, upTo: mark.sequence, at: now)
        }
    }

    /// An event of this node or another, for the members here.
    mutating func accept(_ publication: ClusterPublication, at now: NIODeadline) {
        guard publication.topics.isEmpty || publication.topics.contains(where: { interest[$0] != nil }) else { return }
        guard case .messageCreated(let message, _) = publication.event else {
            if !mustFollow(publication) { effects.append(.deliver(publication)) }
            return
        }
        let conversation = message.conversation
        cursors.begin(
            conversation, app: message.app, sequence: message.sequence, previous: publication.previousSequence,
            isJoined: interest[.conversation(conversation)] != nil)
        change(conversation) { $0.receive(publication, sequence: message.sequence, at: now) }
    }
}
