import PluginAPI

/// The thread of the connection that listens and notifies.
final class LineLoop {
    private let inbox: LineInbox
    private let poller: Poller
    private let keywords: [(name: String, value: String)]
    private let meters: LineMeters
    private var machine: LineMachine
    private var link: PostgresLink?
    private var observers: [@Sendable (LineEvent) -> Void] = []
    /// What new observers are told first.
    private var status: LineEvent?
    private var jitter = Jitter()
    private var awaitsRoom = false
    private var closing: NIODeadline?
    private var sentAt: NIODeadline = .now()

    /// After it was told to end, what waits still has that long.
    private static let closingPatience = TimeAmount.seconds(1)

    init(
        inbox: LineInbox, poller: Poller, keywords: [(name: String, value: String)], rules: LineRules,
        meters: LineMeters
    ) {
        self.inbox = inbox
        self.poller = poller
        self.keywords = keywords
        self.meters = meters
        machine = LineMachine(rules: rules, at: .now())
    }

    func run() {
        guard poller.add(inbox.bell, token: 0) else { return end() }
        while true {
            let now = NIODeadline.now()
            machine.advance(to: now, jitter: jitter.next())
            settle(now)
            if let closing, now >= closing || machine.isIdle || !machine.isReady { return end() }
            for event in poller.wait(milliseconds: patience(now)) {
                if event.token == 0 { for message in inbox.take() { take(message) } } else { happened(event) }
            }
        }
    }

    private func patience(_ now: NIODeadline) -> CInt {
        guard let wakeAt = [machine.wakeAt, closing].compactMap(\.self).min() else { return -1 }
        let left = (wakeAt - now).nanoseconds
        return left <= 0 ? 0 : CInt(clamping: left / 1_000_000 + 1)
    }

    private func take(_ message: LineInbox.Message) {
        let now = NIODeadline.now()
        switch message {
        case .perform(let body): body()
        case .observe(let observer):
            observers.append(observer)
            if let status { observer(status) }
        case .notify(let notification): machine.notify(notification, at: now)
        case .connected(let handle): adopt(handle, now)
        case .connectFailed(let failure): machine.connectFailed(failure, at: now, jitter: jitter.next())
        case .close: closing = closing ?? now + Self.closingPatience
        }
    }

    private func end() {
        machine.close()
        for message in inbox.end() {
            switch message {
            case .notify(let notification): notification.done(false)
            case .connected(let handle): handle.close()
            // Who subscribes or observes now hears nothing any more.
            case .perform, .observe, .connectFailed, .close: break
            }
        }
        settle(.now())
    }
}

// MARK: What is to be done

extension LineLoop {
    private func settle(_ now: NIODeadline) {
        while true {
            let effects = machine.takeEffects()
            if effects.isEmpty { return }
            for effect in effects { perform(effect, now) }
            flush(now)
        }
    }

    private func perform(_ effect: LineMachine.Effect, _ now: NIODeadline) {
        switch effect {
        case .connect:
            Connector.start(keywords, session: .listening) { [inbox] result in
                switch result {
                case .success(let handle): if !inbox.post(.connected(handle)) { handle.close() }
                case .failure(let failure): inbox.post(.connectFailed(failure))
                }
            }
        case .drop: drop()
        case .askName: send(Step(.channelName), now)
        case .listen(let channel, let proof):
            // The name is of our own making and holds nothing that would need quotes.
            send(Step(Statement("listen", "LISTEN \(channel)")), now)
            send(Step(.notify, .text(channel), .texts([proof])), now)
        case .notify(let channel, let payloads):
            sentAt = now
            meters.sending(payloads.count)
            send(Step(.notify, .text(channel), .texts(payloads)), now)
        case .end(let notifications, let isSent):
            if isSent { meters.sent(in: now - sentAt) } else { meters.refused(notifications.count) }
            for notification in notifications { notification.done(isSent) }
        case .tell(let event):
            switch event {
            case .notified: meters.receivedOne()
            case .down:
                if case .up? = status { meters.lost() }
                status = event
            case .up: status = event
            }
            for observer in observers { observer(event) }
        }
    }

    /// Sends a transaction.
    private func send(_ step: Step, _ now: NIODeadline) {
        guard let link else { return }
        if !link.send(step) || !link.sync() { machine.lose(link.complaint, now, jitter.next()) }
    }
}

// MARK: The socket

extension LineLoop {
    private func adopt(_ handle: ConnectedHandle, _ now: NIODeadline) {
        guard machine.link == .connecting else { return handle.close() }
        let link = PostgresLink(handle, prepares: false)
        guard poller.add(link.socket, token: 1) else {
            let failure = PostgresFailure(kind: .connection, message: "the socket cannot be watched")
            return machine.connectFailed(failure, at: now, jitter: jitter.next())
        }
        self.link = link
        machine.connected(at: now)
    }

    private func drop() {
        guard let link else { return }
        poller.remove(link.socket)
        self.link = nil
        awaitsRoom = false
    }

    private func happened(_ event: Poller.Event) {
        guard let link else { return }
        let now = NIODeadline.now()
        let isThere = !event.isReadable || link.receive()
        takeAnswers(now)
        if !isThere { machine.lose(link.complaint, now, jitter.next()) }
        settle(now)
    }

    private func flush(_ now: NIODeadline) {
        guard let link else { return }
        let outcome = link.flush()
        if outcome == .failed { return machine.lose(link.complaint, now, jitter.next()) }
        guard awaitsRoom != (outcome == .pending) else { return }
        awaitsRoom = outcome == .pending
        poller.watch(link.socket, token: 1, writing: awaitsRoom)
    }

    private func takeAnswers(_ now: NIODeadline) {
        var pauses = 0
        while let link, pauses < 2, !link.isBusy {
            takeNotifications(now)
            guard let answer = link.next() else {
                pauses += 1
                continue
            }
            pauses = 0
            switch answer {
            case .rows(let result):
                defer { PostgresLink.free(result) }
                let rows = Rows(result: result)
                guard machine.link == .naming, let (name, session) = rows.first(as: { ($0.text(0), $0.text(1)) }) else {
                    continue
                }
                if session == "\(link.session)" {
                    machine.named(name, proof: "proof \(IDGenerator.uuidV4())", at: now)
                } else {
                    machine.lose(.pooler, now, jitter.next())
                }
            case .failed(let failure): machine.refused(failure, at: now, jitter: jitter.next())
            case .synced: machine.synced(at: now)
            case .skipped: break
            case .senseless(let what):
                machine.lose(PostgresFailure(kind: .protocolViolation, message: what), now, jitter.next())
            }
        }
        takeNotifications(now)
    }

    private func takeNotifications(_ now: NIODeadline) {
        while let link, let (payload, sender) = link.notification() { machine.notified(payload, from: sender, at: now) }
    }
}

extension Statement {
    /// A channel for each schema, since several deployments may share a database.
    fileprivate static let channelName = Statement(
        "channel_name", "SELECT 'replyhq_bus_' || current_schema()::regnamespace::oid, pg_backend_pid()")

    /// One transaction for all of them; the answer is one row.
    fileprivate static let notify = Statement(
        "notify", "SELECT count(pg_notify($1::text, p)) FROM unnest($2::text[]) p")
}
