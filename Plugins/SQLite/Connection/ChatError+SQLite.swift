import GRDB
import PluginAPI

extension ChatError {
    /// What an error of the database means to the caller. A cancelled read stays a cancellation.
    static func translating(_ error: any Error) -> any Error {
        if error is ChatError || error is CancellationError { return error }
        if error is StoreTrouble { return unavailable(error) }
        guard let error = error as? DatabaseError else {
            return ChatError(.internalError, "The store failed", underlying: error)
        }
        switch error.resultCode {
        case .SQLITE_FULL:
            return ChatError(.storageFull, "The store is full", underlying: error)
        case .SQLITE_INTERRUPT, .SQLITE_ABORT:
            return CancellationError()
        case .SQLITE_CONSTRAINT where error.extendedResultCode == .SQLITE_CONSTRAINT_FOREIGNKEY:
            // Conversations, devices and events name an app; a message is stored only after its conversation was read.
            return ChatError(.appNotFound, "App not found", underlying: error)
        case .SQLITE_CONSTRAINT:
            return ChatError(.conflict, "It exists already", underlying: error)
        case _ where error.concernsDatabase:
            return unavailable(error)
        default:
            return ChatError(.internalError, "The store failed", underlying: error)
        }
    }

    private static func unavailable(_ error: any Error) -> ChatError {
        let reason = "The store cannot be used at the moment"
        return ChatError(.unavailable, reason, retryAfter: .seconds(1), underlying: error)
    }
}

extension DatabaseError {
    /// Whether the file, the disk or a lock is at fault rather than the one statement: the next would fail alike.
    var concernsDatabase: Bool {
        switch resultCode {
        case .SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_IOERR, .SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_PERM,
            .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_NOMEM, .SQLITE_PROTOCOL, .SQLITE_MISUSE:
            true
        default: false
        }
    }
}
