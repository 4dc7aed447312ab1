import PluginAPI

/// Commands that were sent together and whose answers come together.
struct CommandGroup: Sendable {
    typealias Done = @Sendable (Result<[RESPValue], RedisFailure>) -> Void

    /// How many answers are still to come.
    var missing: Int
    /// What it takes on the wire.
    var byteCount: Int
    /// When it was handed over.
    var since: NIODeadline
    var answers: [RESPValue] = []
    /// Called once, on the connection's loop or, if refused, on the caller's thread.
    var done: Done
}

/// What was sent and is not yet answered, in order: the protocol has no other way to tell whose an answer is.
struct CommandQueue {
    private var groups = CircularBuffer<CommandGroup>()

    var isEmpty: Bool { groups.isEmpty }
    /// When the oldest was handed over.
    var oldest: NIODeadline? { groups.first?.since }

    mutating func sent(_ group: CommandGroup) {
        groups.append(group)
    }

    /// What an answer means.
    enum Outcome {
        case more
        case complete(CommandGroup)
        /// Nothing was asked.
        case unasked
    }

    mutating func answered(_ answer: RESPValue) -> Outcome {
        guard !groups.isEmpty else { return .unasked }
        let first = groups.startIndex
        groups[first].answers.append(answer)
        groups[first].missing -= 1
        return groups[first].missing == 0 ? .complete(groups.removeFirst()) : .more
    }

    /// Nothing more will be answered.
    mutating func lost() -> [CommandGroup] {
        defer { groups.removeAll() }
        return Array(groups)
    }
}

/// How much may wait for answers at once.
struct QueueLimits: Sendable {
    /// Commands.
    var commandCount = 10_000
    /// Bytes of commands.
    var byteCount = 64 << 20
}
