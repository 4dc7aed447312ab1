import PluginAPI

extension ChatError {
    /// What a failure means to the caller. A cancelled request stays a cancellation.
    static func translating(_ error: any Error) -> any Error {
        if error is ChatError || error is CancellationError { return error }
        guard let failure = error as? PostgresFailure else {
            return ChatError(.internalError, "The store failed", underlying: error)
        }
        return switch failure.kind {
        case .server: translating(server: failure)
        case .queueFull: ChatError(.unavailable, "The store is busy", retryAfter: .seconds(1), underlying: failure)
        case .closed: ChatError(.unavailable, "The store is closed", retryAfter: .seconds(1), underlying: failure)
        case .connection, .outcomeUnknown, .waitedTooLong, .protocolViolation: unavailable(failure)
        }
    }

    private static func translating(server failure: PostgresFailure) -> ChatError {
        switch failure.state {
        case .diskFull:
            ChatError(.storageFull, "The store is full", underlying: failure)
        case .foreignKeyViolation:
            // Conversations, devices and events name an app; a message is stored only after its conversation was read.
            ChatError(.appNotFound, "App not found", underlying: failure)
        case .invalidEncoding, .untranslatableCharacter:
            ChatError(.validation, "Text must not contain the NUL character", underlying: failure)
        case .programLimitExceeded:
            // A row of an index has room for a third of a page (PostgreSQL documentation, 67.4.2).
            ChatError(.validation, "Text is too long for an index of the database", underlying: failure)
        case let state where state.text.hasPrefix("23"):
            ChatError(.conflict, "It exists already", underlying: failure)
        case let state where state.isPassing || state.endsConnection:
            unavailable(failure)
        default:
            ChatError(.internalError, "The store failed", underlying: failure)
        }
    }

    private static func unavailable(_ failure: PostgresFailure) -> ChatError {
        let reason = "The store cannot be used at the moment"
        return ChatError(.unavailable, reason, retryAfter: failure.retryAfter ?? .seconds(1), underlying: failure)
    }

    /// PostgreSQL's text has no room for U+0000 (PostgreSQL documentation, 8.3).
    static func holdsNUL() -> ChatError {
        ChatError(.validation, "Text must not contain the NUL character")
    }
}

extension SQLState {
    /// Whether the same statement may well succeed later, and nothing of it is stored: rolled back in favour of
    /// another transaction, stopped for its time, or short of the server's resources.
    fileprivate var isPassing: Bool {
        isTimeout || ["40", "53", "58"].contains { text.hasPrefix($0) }
    }
}
