/// How far one conversation was delivered on this node. A value: the time is an argument, what to deliver the result.
///
/// A message names its predecessor, so a gap is known exactly: what follows what was delivered is delivered; what is
/// newer is held for a short while, since its predecessor may come by another way; then the store is read.
struct ConversationCursor: Sendable {
    struct Held: Sendable {
        var publication: ClusterPublication
        var sequence: Int64
        var previous: Int64?
    }

    /// What the store has, from a number on.
    struct Page: Sendable {
        var messages: [Message]
        var hasMore: Bool
        /// As it is now; needed if there are messages.
        var conversation: Conversation?
    }

    /// How long a predecessor may take on another way before the store is asked.
    static let patience = TimeAmount.milliseconds(100)
    /// How many messages wait for a predecessor; newer ones are left to the store.
    static let mostHeld = 64
    /// How often the store is asked for what it ought to have. A message that was deleted is given up then.
    static let mostFruitlessReads = 6

    let app: AppID
    /// The number of the last message that was delivered here, or that members knew when they came; nil: not known.
    var delivered: Int64?
    var held: [Held] = []
    /// The highest number heard of.
    var known: Int64 = 0
    /// The highest number of a message that is to be read here because it travelled without its content.
    var referred: Int64 = 0
    /// The same, of those heard of while the store was being read.
    var referredDuringRead: Int64 = 0
    var fruitlessReads = 0
    var failedReads = 0
    /// When the store is to be asked; nil: there is no reason, or it is being asked.
    var readDue: NIODeadline?
    var isReading = false
    /// The store is to be read whatever comes.
    var isSuspect = false
    /// A reason to read came up during a read that may have been too early to see it.
    var mustReadAgain = false

    /// Up to which time everything counts as delivered, whatever its number; nil: the number alone tells.
    let horizon: Timestamp?

    init(app: AppID, delivered: Int64?, horizon: Timestamp? = nil) {
        self.app = app
        self.delivered = delivered
        self.horizon = horizon
    }

    /// Nothing is held, and no read is due or under way.
    var isQuiet: Bool { held.isEmpty && readDue == nil && !isReading }

    /// Messages that others referred to are not delivered yet.
    var isBehindReference: Bool { referred > delivered ?? .max }
}

// MARK: What is heard

extension ConversationCursor {
    /// A message came, from this node or another. Answers what is to be delivered now.
    mutating func receive(
        _ publication: ClusterPublication,
        sequence: Int64,
        at now: NIODeadline
    ) -> [ClusterPublication] {
        known = max(known, sequence)
        guard let delivered else {
            self.delivered = sequence
            return [publication]
        }
        guard sequence > delivered, !publication.isCreated(upTo: horizon) else { return [] }
        let previous = publication.previousSequence
        if let previous, previous <= delivered {
            self.delivered = sequence
            return [publication] + takeSuccessors()
        }
        hold(Held(publication: publication, sequence: sequence, previous: previous))
        // Nothing else can come that would tell a gap from none.
        wait(until: previous == nil ? now : now + Self.patience)
        return []
    }

    /// Somebody says how far the conversation has come.
    mutating func heard(of sequence: Int64, at now: NIODeadline) {
        guard let delivered, sequence > delivered, sequence > known || held.isEmpty else { return }
        known = max(known, sequence)
        wait(until: now + Self.patience)
    }

    /// A message was stored: the store is asked at once, or once more after the read that is under way.
    ///
    /// - Parameter previous: the number of the message before it; nil: not known.
    mutating func refer(to sequence: Int64, after previous: Int64?, at now: NIODeadline) {
        known = max(known, sequence)
        if delivered == nil { delivered = min(previous ?? sequence &- 1, sequence &- 1) }
        guard sequence > delivered ?? .max else { return }
        referred = max(referred, sequence)
        if isReading { referredDuringRead = max(referredDuringRead, sequence) }
        wait(until: now)
    }

    /// Something may have been missed: the store is asked at once.
    mutating func suspect(at now: NIODeadline) {
        guard delivered != nil else { return }
        if isReading {
            mustReadAgain = true
        } else {
            isSuspect = true
            readDue = now
        }
    }

    private mutating func wait(until deadline: NIODeadline) {
        if !isReading { readDue = min(readDue ?? deadline, deadline) }
    }

    private mutating func hold(_ new: Held) {
        let index = held.firstIndex { $0.sequence >= new.sequence } ?? held.count
        if index < held.count, held[index].sequence == new.sequence { return }
        held.insert(new, at: index)
        if held.count > Self.mostHeld { held.removeLast() }
    }

    /// What was held and now follows on.
    mutating func takeSuccessors() -> [ClusterPublication] {
        var taken: [ClusterPublication] = []
        while let next = held.first {
            if let delivered, next.sequence > delivered {
                guard let previous = next.previous, previous <= delivered else { break }
                taken.append(next.publication)
                self.delivered = next.sequence
            }
            held.removeFirst()
        }
        if !isReading, !isSuspect, held.isEmpty, known <= delivered ?? .max { readDue = nil }
        return taken
    }
}

extension ClusterPublication {
    /// Whether it is a message that was created at a time or before; nil: at no time.
    fileprivate func isCreated(upTo time: Timestamp?) -> Bool {
        guard let time, case .messageCreated(let message, _) = event else { return false }
        return message.createdAt <= time
    }
}
