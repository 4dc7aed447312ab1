// What the store says.
extension ConversationCursor {
    /// Begins to read the store: after which number; nil if there is nothing to ask.
    mutating func beginRead() -> Int64? {
        guard let delivered, !isReading else { return nil }
        readDue = nil
        isReading = true
        isSuspect = false
        mustReadAgain = false
        referredDuringRead = 0
        return delivered
    }

    /// Takes in what the store has; nil: it could not be read. Answers what is to be delivered now.
    mutating func finishRead(_ page: Page?, at now: NIODeadline) -> [ClusterPublication] {
        isReading = false
        guard let page else {
            failedReads += 1
            readDue = now + .milliseconds(250 << Int64(min(failedReads - 1, 5)))
            return []
        }
        failedReads = 0
        let before = delivered
        var found: [ClusterPublication] = []
        if let conversation = page.conversation {
            // The read may have been begun for a cursor that was here before.
            for message in page.messages
            where message.sequence > delivered ?? .max && message.createdAt > horizon ?? Timestamp(milliseconds: .min) {
                delivered = message.sequence
                found.append(
                    ClusterPublication(
                        event: .messageCreated(message, conversation: conversation),
                        topics: [.conversation(message.conversation), .app(message.app)]))
            }
        }
        found += takeSuccessors()
        if page.hasMore || mustReadAgain || referredDuringRead > delivered ?? .max {
            readDue = now
            return found
        }
        return found + settle(isFruitful: delivered != before, at: now)
    }

    /// The store shows all it has. What was heard of and is not among it may still be on its way to a replica, or is
    /// deleted.
    private mutating func settle(isFruitful: Bool, at now: NIODeadline) -> [ClusterPublication] {
        guard !held.isEmpty || known > delivered ?? .max else {
            fruitlessReads = 0
            return []
        }
        fruitlessReads = isFruitful ? 0 : fruitlessReads + 1
        guard fruitlessReads >= Self.mostFruitlessReads else {
            readDue = now + .milliseconds(50 << Int64(fruitlessReads))
            return []
        }
        fruitlessReads = 0
        let given = held.map(\.publication)
        delivered = held.last?.sequence ?? delivered
        known = delivered ?? 0
        referred = min(referred, known)
        held = []
        return given
    }
}
