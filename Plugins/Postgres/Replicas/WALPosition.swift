import PluginAPI

/// How far a server is in the write-ahead log.
struct WALPosition: Sendable, Equatable {
    /// Which history the number belongs to; another begins with each promotion (PostgreSQL documentation, 26.3.6).
    var timeline: Int64
    /// In bytes since the log's beginning.
    var offset: Int64

    /// Whether a server at this position holds everything that was committed at the other.
    func reaches(_ other: WALPosition) -> Bool { timeline == other.timeline && offset >= other.offset }
}

extension WALPosition {
    /// Reads the columns of ``Statement/primaryPosition`` or ``Statement/replicaPosition``.
    init(row: SQLRow) throws {
        self.init(timeline: try row.integer(0), offset: try row.integer(1))
    }
}

extension Statement {
    /// Where the primary is: all that anybody was told is committed lies before it. A commit is flushed before anybody
    /// sees it, unless `synchronous_commit` is off.
    static let primaryPosition = Statement(
        "primary_position",
        """
        SELECT ('x' || left(pg_walfile_name(pg_current_wal_flush_lsn()), 8))::bit(32)::bigint,
            (CASE current_setting('synchronous_commit') WHEN 'off' THEN pg_current_wal_insert_lsn()
                ELSE pg_current_wal_flush_lsn() END - '0/0'::pg_lsn)::bigint
        """)

    /// What a replica has replayed: whatever it is asked next sees at least that. No row: it is no replica any more.
    /// Its timeline is told by what recovery last wrote down, which may be late but never ahead.
    static let replicaPosition = Statement(
        "replica_position",
        """
        SELECT min_recovery_end_timeline::bigint, (pg_last_wal_replay_lsn() - '0/0'::pg_lsn)::bigint
        FROM pg_control_recovery() WHERE pg_is_in_recovery()
        """)

    /// Which cluster a server is of; replicas have their primary's.
    static let cluster = Statement("cluster", "SELECT system_identifier FROM pg_control_system()")
}
