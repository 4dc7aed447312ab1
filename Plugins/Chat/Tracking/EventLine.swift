import PluginAPI

/// The tracked events of one app that wait, in the order they came.
struct EventLine: Sendable {
    private(set) var waiting = CircularBuffer<TrackedEvent>()
    /// How many there are and what they take, those under way to the store counted.
    private(set) var count = 0
    private(set) var byteCount = 0
    /// When the first of those that wait came.
    private(set) var since: NIODeadline
    /// A batch could not take all that waited: the rest is due.
    private(set) var isOverdue = false
    /// How often its first batch was refused.
    var refusals = 0
    /// Until when it is left alone after that.
    var restsUntil: NIODeadline?

    init(since: NIODeadline) { self.since = since }

    mutating func append(_ event: TrackedEvent, at now: NIODeadline) {
        if waiting.isEmpty { since = now }
        waiting.append(event)
        count += 1
        byteCount += event.size
    }

    /// Takes what one batch may hold, at least one event.
    mutating func take(count limit: Int, bytes: Int) -> [TrackedEvent] {
        var taken: [TrackedEvent] = []
        var room = bytes
        while taken.count < limit, let next = waiting.first, taken.isEmpty || next.size <= room {
            taken.append(waiting.removeFirst())
            room -= next.size
        }
        isOverdue = !waiting.isEmpty
        // Gives back what a rush took.
        if waiting.isEmpty { waiting = CircularBuffer() }
        return taken
    }

    /// A batch comes back, before all others.
    mutating func putBack(_ batch: [TrackedEvent]) {
        for event in batch.reversed() { waiting.prepend(event) }
        (since, isOverdue) = (.distantPast, false)
    }

    /// A batch is stored or given up.
    mutating func settle(_ batch: [TrackedEvent]) {
        count -= batch.count
        byteCount -= batch.reduce(0) { $0 + $1.size }
        refusals = 0
    }
}

extension TrackedEvent {
    /// What it takes while it waits, in bytes: its texts, and about as much as the rest of it needs.
    var size: Int {
        let texts = [
            device.app.rawValue, device.device.rawValue, userID.rawValue, name, properties, userPlan, userCountry,
            sessionID, platform, appVersion,
        ]
        return texts.reduce(256) { $0 + ($1?.utf8.count ?? 0) }
    }
}
