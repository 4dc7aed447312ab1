import PluginAPI

/// What the connection that listens and notifies may do.
struct LineRules: Sendable {
    /// How long the server may owe an answer, and how long a notification may take to come back.
    var silence: TimeAmount = .seconds(5)
    /// How many messages, and how many bytes of them, wait to be sent; more are refused.
    var messageLimit = 10_000
    var byteLimit = 16 * 1024 * 1024
    /// How many payloads one transaction takes: they are sent together, and stand in the server's memory until then.
    var batchLimit = 512
    var backoff = Backoff()
}

/// Payloads that are sent in one transaction, and who hears whether they were.
struct OutgoingNotification: Sendable {
    var payloads: [String]
    /// Called exactly once.
    var done: @Sendable (Bool) -> Void

    var byteCount: Int { payloads.reduce(0) { $0 + $1.utf8.count } }
}

/// What becomes of the line.
enum LineEvent: Sendable {
    /// It listens, and what it notifies comes back.
    case up
    /// It is broken, or cannot be made.
    case down(PostgresFailure)
    /// Something came.
    case notified(String, from: Int32)
}
