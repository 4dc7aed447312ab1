import GRDB

/// Why the database file cannot be used: one line for whoever starts the server.
public struct StoreStartError: Error, Sendable, CustomStringConvertible {
    public let description: String

    init(_ path: String, _ problem: String) {
        description = "SQLite database \(path): \(problem)"
    }

    /// Says what an error of the first steps means.
    static func translating(_ error: any Error, path: String) -> StoreStartError {
        if let error = error as? StoreStartError { return error }
        guard let error = error as? DatabaseError else { return StoreStartError(path, "\(error)") }
        let detail = error.message ?? "\(error.extendedResultCode)"
        let problem =
            switch error.resultCode {
            case .SQLITE_NOTADB: "is not a SQLite database; name another file under `path`"
            case .SQLITE_CORRUPT: "is damaged (\(detail)); restore it from a backup"
            case .SQLITE_CANTOPEN: "cannot be opened; does the folder exist, and may this process write there?"
            case .SQLITE_READONLY, .SQLITE_PERM: "may not be written by this process; check the file and its folder"
            case .SQLITE_BUSY, .SQLITE_LOCKED: "is locked by another process"
            case .SQLITE_FULL: "has no room left on its disk"
            default: "failed: \(detail)"
            }
        return StoreStartError(path, problem)
    }
}
