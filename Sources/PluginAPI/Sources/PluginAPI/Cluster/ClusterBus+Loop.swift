import Synchronization

// The loop, on which everything is decided.
extension ClusterBus {
    /// False: the bus is closed.
    @discardableResult
    func post(_ input: Input) -> Bool {
        let mustSchedule: Bool? = mailbox.withLock { mailbox in
            guard !mailbox.isClosed else { return nil }
            if mailbox.inputs.count >= Self.mailboxLimit, input.isRepairable {
                mailbox.hasOverflowed = true
            } else {
                mailbox.inputs.append(input)
            }
            defer { mailbox.isScheduled = true }
            return !mailbox.isScheduled
        }
        if mustSchedule == true { eventLoop.execute { self.work() } }
        return mustSchedule != nil
    }

    /// Takes in what waits and does what follows from it.
    /// - Parameter goodbye: This is the last time; it ends when the broker has taken everything.
    func work(goodbye: OneShot? = nil) {
        let (inputs, hasOverflowed) = mailbox.withLock { mailbox in
            mailbox.isScheduled = false
            return (exchange(&mailbox.inputs, with: []), exchange(&mailbox.hasOverflowed, with: false))
        }
        let now = eventLoop.now
        let (effects, due, skipped) = core.withLock { core in
            for input in inputs { core.take(input, at: now) }
            if hasOverflowed { core.overflowed(at: now) }
            if goodbye != nil { core.close() } else { core.advance(to: now) }
            degraded.store(core.isDegraded, ordering: .relaxed)
            return (core.takeEffects(), core.nextDue, exchange(&core.skippedRecords, with: 0))
        }
        if hasOverflowed { logger.warning("The cluster is faster than this node; what was dropped is read again") }
        if skipped > 0 { logger.debug("Records of other nodes were skipped", metadata: ["count": "\(skipped)"]) }
        perform(effects, goodbye)
        if goodbye == nil, let due { timer.arm(at: due) { [weak self] in self?.work() } }
    }

    private func perform(_ effects: [ClusterEffect], _ goodbye: OneShot?) {
        var isTold = false
        let deliver = receiver.withLock { $0.deliver }
        var subscriptions: [String] = []
        for effect in effects {
            switch effect {
            case .deliver(let publication): deliver?(publication)
            case .subscribe(let channels): subscriptions += channels
            case .unsubscribe(let channels):
                subscribe(&subscriptions)
                broker.unsubscribe(channels)
            case .publish(let messages): broker.publish(messages) { _ in }
            case .sendHeartbeats(let messages, let heartbeats):
                isTold = true
                broker.publish(messages) { [weak self] isTaken in
                    self?.post(.heartbeatsSent(heartbeats, isTaken))
                    goodbye?.resume()
                }
            case .read(let conversation, let app, let sequence): read(conversation, of: app, after: sequence)
            case .readCreated(let conversation, let app, let time): read(conversation, of: app, createdAfter: time)
            case .refresh(let conversation, let app): refresh(conversation, of: app)
            case .survey(let survey): make(survey, at: eventLoop.now)
            }
        }
        subscribe(&subscriptions)
        if !isTold { goodbye?.resume() }
    }

    /// Those of a tick travel together.
    private func subscribe(_ channels: inout [String]) {
        if !channels.isEmpty { broker.subscribe(exchange(&channels, with: [])) }
    }
}

extension ClusterCore {
    fileprivate mutating func take(_ input: ClusterBus.Input, at now: NIODeadline) {
        switch input {
        case .publication(let publication): publish(publication, at: now)
        case .begin: marks.lose()
        case .interest(let topic, let exists): interest(in: topic, exists: exists, at: now)
        case .look(let conversation, let app, let last): looked(at: conversation, of: app, lastSequence: last)
        case .appLook(let app, let look): looked(at: app, look, at: now)
        case .storedElsewhere(let conversation, let app): storedElsewhere(in: conversation, of: app, at: now)
        case .missedElsewhere(let since): requestRepair(since: since)
        case .broker(let event): handle(event, at: now)
        case .heartbeatsSent(let heartbeats, let isTaken): heartbeatsSent(heartbeats, isTaken)
        case .read(let conversation, let page): readFinished(conversation, page, at: now)
        case .refreshed(let conversation, let app, let outcome): refreshed(conversation, of: app, outcome, at: now)
        case .surveyed(let survey, let page): surveyed(survey, page, at: now)
        }
    }
}
