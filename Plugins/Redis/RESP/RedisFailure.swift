import PluginAPI

/// Why something failed at or on the way to the server. For logs; never shown to callers.
struct RedisFailure: Error, Sendable, Hashable, CustomStringConvertible {
    enum Kind: Sendable, Hashable {
        /// The server answered with an error, which begins with this word.
        case refused(String)
        /// The connection could not be made, or is gone; whatever was under way may or may not have happened.
        case connection
        /// The server fell silent.
        case timeout
        /// Too much waits already; nothing was sent.
        case queueFull
        /// It was closed by us.
        case closed
        /// The server said what the protocol does not allow.
        case senseless
    }

    var kind: Kind
    /// One sentence without secrets.
    var description: String

    init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }

    /// An error of the server: its first word says which.
    init(refusal message: String) {
        let word = message.prefix { $0 != " " }
        self.init(.refused(String(word.prefix(64))), String(message.prefix(512)))
    }

    static func senseless(_ what: String) -> RedisFailure { RedisFailure(.senseless, "the server's reply: \(what)") }
    static let closed = RedisFailure(.closed, "the connection to Redis is closed")

    /// Whether the server says that it is no longer one that takes writes.
    var endsConnection: Bool {
        guard case .refused(let word) = kind else { return false }
        return ["READONLY", "MASTERDOWN", "LOADING", "NOAUTH"].contains(word)
    }

    /// Whether a node of a cluster says that something belongs elsewhere, or nowhere for the moment.
    var saysElsewhere: Bool {
        guard case .refused(let word) = kind else { return false }
        return ["MOVED", "ASK", "TRYAGAIN", "CLUSTERDOWN"].contains(word)
    }

    /// Refusals that end by themselves: a server that is busy or full, a cluster that is changing.
    private static let passing: Set = [
        "BUSY", "OOM", "MISCONF", "NOREPLICAS", "MOVED", "ASK", "TRYAGAIN", "CLUSTERDOWN",
    ]

    /// Whether only the server's operator can mend it: a right that is missing, a command that is not there.
    var isLasting: Bool {
        guard case .refused(let word) = kind else { return false }
        return ["NOPERM", "NOAUTH", "WRONGPASS"].contains(word) || saysUnknown
    }

    /// Whether the server does not know the command: it is too old, or has it under another name.
    var saysUnknown: Bool { kind == .refused("ERR") && description.contains("unknown command") }

    /// What it means to callers.
    var asChatError: ChatError {
        let isTransient =
            switch kind {
            case .refused(let word): endsConnection || Self.passing.contains(word)
            case .connection, .timeout, .queueFull, .closed, .senseless: true
            }
        guard isTransient else { return ChatError(.internalError, "Redis refused a command", underlying: self) }
        return ChatError(
            .unavailable, "What the nodes share cannot be used at the moment", retryAfter: .seconds(1),
            underlying: self)
    }
}

extension RedisFailure {
    /// What went wrong on the way to a server.
    init(describing error: any Error) {
        self = error as? RedisFailure ?? RedisFailure(.connection, ErrorText.plain(error))
    }
}
