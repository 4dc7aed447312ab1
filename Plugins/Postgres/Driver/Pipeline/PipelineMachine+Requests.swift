import PluginAPI

extension PipelineMachine {
    /// A request arrived. It is sent by the next ``advanced(to:jitter:)``, with all that have arrived by then.
    mutating func submitted(_ request: PipelineRequest, now: NIODeadline) {
        guard !isDown else { return emit(.fail(request, refusal(now: now))) }
        waiting.append(request)
    }

    /// Its caller has gone. Returns whether it was taken back unsent, or is a read: nobody waits for it any more.
    mutating func cancelled(_ request: PipelineRequest) -> Bool {
        if let place = waiting.firstIndex(where: { $0 === request }) {
            waiting.remove(at: place)
            return true
        }
        if let place = repeating.firstIndex(where: { $0 === request }) {
            repeating.remove(at: place)
            return true
        }
        guard isReading, sent.contains(where: { $0.unanswered.contains { $0 === request } }) else { return false }
        request.isAbandoned = true
        return true
    }

    /// Time passed, or a round of events is over: gives up what is overdue and sends what can be.
    mutating func advanced(to now: NIODeadline, jitter: Double) {
        if !sent.isEmpty, now - heard >= rules.silence {
            let silence = "the server was silent for \(rules.silence.nanoseconds / 1_000_000) ms"
            lost(PostgresFailure(kind: .connection, message: silence), now: now, jitter: jitter)
        }
        expire(now)
        if case .waiting(let until) = link, until <= now {
            link = .connecting
            emit(.connect)
        }
        if isReady { send(now) }
    }

    private mutating func expire(_ now: NIODeadline) {
        while let request = waiting.first, request.deadline <= now {
            waiting.removeFirst()
            emit(.fail(request, PostgresFailure(kind: .waitedTooLong, message: "waited too long to be sent")))
        }
    }

    private mutating func send(_ now: NIODeadline) {
        guard repeating.isEmpty else { return sendRepeats(now) }
        switch rules.mode {
        case .writing(let limit):
            guard sent.isEmpty, !waiting.isEmpty else { return }
            var batch = Array(waiting.prefix(limit))
            waiting.removeFirst(batch.count)
            batch.sort { ($0.lane?.hash ?? 0, $0.number) < ($1.lane?.hash ?? 0, $1.number) }
            send(batch, now)
        case .reading(let size, let limit):
            while !waiting.isEmpty {
                let count = min(size, limit - underWay, waiting.count)
                guard count > 0 else { return }
                let group = Array(waiting.prefix(count))
                waiting.removeFirst(count)
                send(group, now)
            }
        }
    }

    private mutating func sendRepeats(_ now: NIODeadline) {
        while sent.count < repeatWindow, let request = repeating.popFirst() {
            // A read keeps nobody behind it waiting for a lock.
            if isReading || request.deadline > now {
                send([request], now)
            } else {
                emit(.fail(request, PostgresFailure(kind: .waitedTooLong, message: "its batch failed too late")))
            }
        }
    }

    private mutating func send(_ requests: [PipelineRequest], _ now: NIODeadline) {
        if sent.isEmpty { heard = now }
        if rules.prepares {
            for request in requests {
                for step in request.steps where prepared.insert(step.statement.name).inserted {
                    emit(.prepare(step.statement))
                    sent.append(PipelineGroup(preparing: step.statement))
                }
            }
        }
        sent.append(PipelineGroup(requests, hasPreamble: rules.hasPreamble))
        underWay += requests.count
        emit(.send(requests))
    }

    private func refusal(now: NIODeadline) -> PostgresFailure {
        guard case .waiting(let until) = link, until > now else {
            return PostgresFailure(kind: .connection, message: "not connected")
        }
        return PostgresFailure(
            kind: .connection, message: "not connected", retryAfter: .nanoseconds((until - now).nanoseconds))
    }
}
