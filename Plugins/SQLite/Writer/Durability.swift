import GRDB

/// What the writer's connection does at the end of a transaction. On the writer's queue only.
///
/// In WAL mode a commit that is not synced is in the log as soon as it returns, and the system has it: what a process
/// wrote outlives it. The log is read up to the first frame that did not reach the disk, so whatever is lost with the
/// power is the end of it, and the next commit that is synced takes all before it along.
final class Durability: @unchecked Sendable {  // Touched on the writer's queue only.
    private var isFull = true

    /// To be called outside of transactions, where alone SQLite lets it be changed.
    func set(_ isFull: Bool, on connection: Connection) throws {
        guard isFull != self.isFull else { return }
        // It takes effect when it is prepared, so it must not be a statement that is kept.
        try connection.database.execute(sql: isFull ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL")
        self.isFull = isFull
    }
}
