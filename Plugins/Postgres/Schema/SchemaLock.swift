import Glibc
import PluginAPI

/// Lets one session at a time change the schema, over all nodes: a session-level advisory lock of the database.
///
/// It asks again and again instead of waiting in PostgreSQL: a session that waits there holds a snapshot, and an index
/// that its holder builds concurrently would wait for that snapshot to end.
struct SchemaLock {
    /// "ReplyHQ" in ASCII.
    private static let key: Int64 = 0x52_65_70_6C_79_48_51
    private static let pause: Duration = .milliseconds(250)

    /// Holds the lock until the session ends.
    ///
    /// - Parameter limit: how long another session may hold it.
    /// - Throws: ``SchemaRefusal`` at the limit, or ``SchemaError``.
    static func acquire(
        on connection: SchemaConnection,
        limit: Duration = .seconds(3_600),
        progress: (SchemaProgress) -> Void
    ) throws {
        let deadline = ContinuousClock.now + limit
        var isWaiting = false
        while try !tryAcquire(on: connection) {
            if !isWaiting { progress(.waiting("another process changes the schema")) }
            isWaiting = true
            guard ContinuousClock.now < deadline else {
                throw SchemaRefusal(
                    "another process has been changing the schema for \(DurationText.format(limit)); look for it in "
                        + "pg_stat_activity")
            }
            DedicatedThread.pause(pause)
        }
    }

    private static func tryAcquire(on connection: SchemaConnection) throws(SchemaError) -> Bool {
        try connection.query("SELECT pg_try_advisory_lock(\(key))").first?.first == "t"
    }
}
