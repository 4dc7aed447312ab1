import PluginAPI

extension PipelineMachine {
    /// A connection is there, and the server has prepared nothing on it.
    mutating func connected(now: NIODeadline) {
        guard link == .connecting else { return emit(.drop) }
        link = .ready
        // Before all else: what is written next may come after it.
        repeating.append(contentsOf: inquiries)
        inquiries.removeAll()
        failures = 0
        heard = now
        emit(.recovered)
    }

    /// An attempt failed. Who waits for the connection has waited long enough.
    mutating func connectFailed(_ failure: PostgresFailure, now: NIODeadline, jitter: Double) {
        guard link == .connecting else { return }
        failures += 1
        retry(now, jitter)
        emit(.suffered(failure))
        while let request = waiting.popFirst() { emit(.fail(request, failure)) }
    }

    /// Another connection was made, so the server is back: there is no reason to wait for long.
    mutating func serverReturned(now: NIODeadline, jitter: Double) {
        guard case .waiting(let until) = link, failures > 0 else { return }
        link = .waiting(until: min(until, now + rules.backoff.delay(after: 0, jitter: jitter)))
    }

    /// The connection went away, fell silent, or said something that makes no sense.
    mutating func lost(_ failure: PostgresFailure, now: NIODeadline, jitter: Double) {
        guard isReady else { return }
        emit(.drop)
        retry(now, jitter)
        prepared.removeAll()
        refusals.removeAll()
        let interrupted = unsettled
        sent.removeAll()
        underWay = 0
        // Their batch was taken back, so these are known not to be stored.
        while let request = repeating.popLast() {
            if request.isInquiry { inquiries.append(request) } else { waiting.prepend(request) }
        }
        for request in interrupted { request.discardResults() }
        if isReading { reroute(interrupted, failure) } else { giveUp(interrupted, failure) }
    }

    /// The store closes: no more connections, and nobody is waited for.
    mutating func closed(_ failure: PostgresFailure) {
        guard link != .closed else { return }
        if link != .connecting { emit(.drop) }
        link = .closed
        for request in unsettled + Array(repeating) + Array(waiting) { emit(.fail(request, failure)) }
        sent.removeAll()
        underWay = 0
        repeating.removeAll()
        waiting.removeAll()
    }

    /// Those who were sent and have no end yet: of writes all whose transaction has none, of reads who lacks an answer.
    private var unsettled: [PipelineRequest] {
        isReading ? sent.flatMap(\.unanswered) : sent.flatMap(\.requests)
    }

    private mutating func retry(_ now: NIODeadline, _ jitter: Double) {
        link = .waiting(until: now + rules.backoff.delay(after: failures, jitter: jitter))
    }

    /// The sync was not acknowledged, so nobody knows whether they are stored; running them again could do so twice.
    private mutating func giveUp(_ requests: [PipelineRequest], _ failure: PostgresFailure) {
        guard !requests.isEmpty else { return }
        emit(.suffered(failure))
        var unknown = failure
        unknown.kind = .outcomeUnknown
        for request in requests {
            emit(.fail(request, unknown))
            if let inquiry = request.makeInquiry() { inquiries.append(inquiry) }
        }
    }

    /// A read may be asked again, but one that a second connection is lost over is not asked a third time.
    private mutating func reroute(_ interrupted: [PipelineRequest], _ failure: PostgresFailure) {
        var others: [PipelineRequest] = []
        for request in interrupted where !request.isAbandoned {
            request.losses += 1
            if request.losses == 1 { others.append(request) } else { emit(.fail(request, failure)) }
        }
        others += waiting
        waiting.removeAll()
        if !others.isEmpty { emit(.reroute(others)) }
    }
}
