// What happens by itself.
extension ClusterCore {
    /// Does what is due.
    mutating func advance(to now: NIODeadline) {
        if isConnected {
            if lastEcho + Self.echoPatience <= now { isDeaf = true }
            // A node that hears nothing cannot tell who is gone.
            if !isDeaf, let since = peers.expire(at: now) { requestRepair(since: since) }
            if let nextHeartbeat, nextHeartbeat <= now { beat(at: now) }
        }
        repairIfDue(at: now)
        readDueConversations(at: now)
        retrySurveys(at: now)
        while let (conversation, app) = refreshes.next(at: now) {
            effects.append(.refresh(conversation, app: app))
        }
    }

    /// When ``advance(to:)`` has something to do next.
    var nextDue: NIODeadline? {
        var due: [NIODeadline?] = [nextHeartbeat, surveyRetries.values.min(), refreshes.due]
        if isConnected, !isDeaf { due.append(peers.nextLoss) }
        if isConnected, repairSince != nil { due.append(repairDue) }
        if readCount < Self.mostReads { due.append(waiting.values.min()) }
        return due.compactMap { $0 }.min()
    }

    /// Members here may be missing something: the broker is away, brings nothing, or does not bring everything yet.
    var isDegraded: Bool { !isConnected || isDeaf || !unconfirmedChannels.isEmpty }
}
