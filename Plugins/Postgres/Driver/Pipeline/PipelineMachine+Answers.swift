import PluginAPI

extension PipelineMachine {
    /// A step's answer came. Returns whose it is, to be kept before anything else happens; nil when nobody wants it.
    mutating func answered(now: NIODeadline) -> PipelineRequest? {
        heard = now
        guard !sent.isEmpty else { return nil }
        guard let (request, isLast) = sent[sent.startIndex].answered() else { return nil }
        if isLast {
            underWay -= 1
            if isReading { emit(.complete([request])) }
        }
        return request
    }

    /// A step failed, and with it its transaction.
    ///
    /// - Returns: Whether the connection is of further use; if not, say that it was ``lost(_:now:jitter:)``.
    mutating func failed(_ failure: PostgresFailure, now: NIODeadline) -> Bool {
        heard = now
        guard let group = sent.first else { return false }
        var failure = failure
        if let name = group.preparing {
            prepared.remove(name)
            if failure.state.endsConnection { return false }
            refusals[name] = failure
        } else if failure.state == .invalidStatementName, let name = group.statement?.name, let cause = refusals[name] {
            // It is unknown because preparing it failed; that is the news.
            failure = cause
        } else if failure.state.endsConnection {
            return false
        }
        sent[sent.startIndex].failed(failure)
        return true
    }

    /// A step was passed over because one before it in its transaction failed.
    mutating func skipped(now: NIODeadline) { heard = now }

    /// A transaction ended: committed, or taken back as a whole.
    ///
    /// - Returns: Whether that was to be expected here; if not, say that the connection was ``lost(_:now:jitter:)``.
    mutating func synced(now: NIODeadline) -> Bool {
        heard = now
        guard let group = sent.first, group.failure != nil || group.isAnswered else { return false }
        sent.removeFirst()
        underWay -= group.unanswered.count
        guard !group.requests.isEmpty else { return true }
        if let failure = group.failure {
            let unsettled = isReading ? Array(group.requests[failure.position...]) : group.requests
            for request in unsettled { request.discardResults() }
            settle(unsettled, after: failure.cause, at: isReading ? 0 : failure.position)
        } else {
            if !isReading { emit(.complete(group.requests)) }
            emit(.recovered)
        }
        return true
    }

    private mutating func settle(_ requests: [PipelineRequest], after cause: PostgresFailure, at position: Int) {
        if cause.state == .diskFull { emit(.suffered(cause)) }
        // A write that waited as long as that once may do so again, and all behind it with it.
        let isSlow = cause.state.isTimeout && !isReading
        if requests.count == 1 {
            emit(.fail(requests[0], cause))
            if isSlow { while let request = repeating.popFirst() { emit(.fail(request, cause)) } }
            return
        }
        repeatWindow = isSlow ? 1 : PipelineRules.repeatWindow
        for (place, request) in requests.enumerated() where !request.isAbandoned {
            // A write may fail for what another of its batch did, a read only for itself.
            if place == position, isSlow || isReading {
                emit(.fail(request, cause))
            } else {
                repeating.append(request)
            }
        }
    }
}
