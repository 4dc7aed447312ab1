import GRDB

/// Finds out whether a database that could not be written can be written again, by writing more than any request does.
enum RoomProbe {
    /// The bytes that are written: more than the largest batch of ordinary messages.
    private static let size = 1 << 20

    /// Writes, has the main file written as well, and gives the room back. Throws what fails.
    ///
    /// Twice a commit: what is written and deleted in one transaction never reaches the disk.
    static func run(on database: Database) throws {
        do {
            try database.execute(
                sql: """
                    BEGIN IMMEDIATE;
                    CREATE TABLE IF NOT EXISTS room_probe (filler BLOB);
                    DELETE FROM room_probe;
                    INSERT INTO room_probe (filler) VALUES (zeroblob(\(size)));
                    COMMIT;
                    """)
            // PASSIVE does not block on readers or writers, and reports errors, unlike the automatic checkpoint.
            _ = try Row.fetchAll(database, sql: "PRAGMA wal_checkpoint(PASSIVE)")
            try database.execute(sql: "DROP TABLE room_probe")
        } catch {
            if database.isInsideTransaction { try? database.execute(sql: "ROLLBACK") }
            throw error
        }
    }
}
