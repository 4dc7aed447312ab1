import Glibc
import PluginAPI

/// Lets one session at a time change the schema, over all nodes: an advisory lock of the database.
///
/// A session of our own holds it for all steps. Behind a pooler in transaction mode a session's lock would stay with the
/// pooler's connection, which no later session unlocks: there each transaction of a step takes the lock.
///
/// It asks again and again instead of waiting in PostgreSQL: a session that waits there holds a snapshot, and an index
/// that its holder builds concurrently would wait for that snapshot to end.
struct SchemaLock {
    /// "ReplyHQ" in ASCII.
    private static let key: Int64 = 0x52_65_70_6C_79_48_51
    private static let pause: Duration = .milliseconds(250)
    /// How long another session may hold it.
    private static let limit: Duration = .seconds(3_600)

    /// Holds the lock until the session ends; nothing behind a pooler.
    ///
    /// - Throws: ``SchemaRefusal`` if another session holds it for longer than ``limit``, or ``SchemaError``.
    static func acquire(on connection: SchemaConnection, progress: (SchemaProgress) -> Void) throws {
        if connection.isPooled { return }
        try wait(progress) { try isTrue("SELECT pg_try_advisory_lock(\(key))", connection) }
    }

    /// Runs a body in a transaction that holds the lock.
    ///
    /// - Throws: What ``acquire(on:progress:)`` and the body throw.
    static func withinTransaction(
        of connection: SchemaConnection, progress: (SchemaProgress) -> Void, _ body: () throws -> Void
    ) throws {
        guard connection.isPooled else { return try connection.transaction(body) }
        try wait(progress) {
            try connection.transaction {
                let isHeld = try isTrue("SELECT pg_try_advisory_xact_lock(\(key))", connection)
                if isHeld { try body() }
                return isHeld
            }
        }
    }

    private static func wait(_ progress: (SchemaProgress) -> Void, until isDone: () throws -> Bool) throws {
        let deadline = ContinuousClock.now + limit
        var isWaiting = false
        while try !isDone() {
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

    private static func isTrue(_ sql: String, _ connection: SchemaConnection) throws -> Bool {
        try connection.query(sql).first?.first == "t"
    }
}
