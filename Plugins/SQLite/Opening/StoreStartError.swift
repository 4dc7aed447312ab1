import GRDB
import PluginAPI

/// Why the database file cannot be used: one line for whoever starts the server.
public struct StoreStartError: Error, Sendable, CustomStringConvertible {
    public let description: String

    init(_ path: String, _ problem: String) {
        description = "SQLite database \(path): \(problem)"
    }

    /// Says what an error of the first steps means.
    static func translating(_ error: any Error, path: String) -> StoreStartError {
        if let error = error as? StoreStartError { return error }
        return StoreStartError(path, StoreTrouble(error).description)
    }
}

/// What keeps a database from working, in words for the operator.
struct StoreTrouble: Error, Sendable, CustomStringConvertible {
    let description: String

    init(description: String) { self.description = description }

    /// Says what an error of the database means.
    init(_ error: any Error) {
        if let error = error as? StoreTrouble {
            self = error
            return
        }
        guard let error = error as? DatabaseError else {
            description = ErrorText.cause(of: error)
            return
        }
        let detail = error.message ?? "\(error.extendedResultCode)"
        description =
            switch error.resultCode {
            case .SQLITE_NOTADB: "is not a SQLite database; name another file under `path`"
            case .SQLITE_CORRUPT: "is damaged (\(detail)); restore it from a backup"
            case .SQLITE_CANTOPEN: "cannot be opened; does the folder exist, and may this process write there?"
            case .SQLITE_READONLY, .SQLITE_PERM: "may not be written by this process; check the file and its folder"
            case .SQLITE_BUSY, .SQLITE_LOCKED: "is locked by another process"
            case .SQLITE_FULL: "has no room left on its disk"
            case .SQLITE_IOERR: "cannot be read or written: \(detail) (\(error.extendedResultCode))"
            default: "failed: \(detail)"
            }
    }
}
