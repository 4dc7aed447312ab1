import PluginAPI

/// The steps of a server's lease. Time is the database server's own.
extension Statement {
    /// "RQsv" in ASCII and the schema, since several deployments may share a database.
    static let lockServers = Statement(
        "lock_servers",
        "SELECT pg_advisory_xact_lock(1381069686, current_schema()::regnamespace::oid::integer)")

    /// Node, then the nodes whose processes are known to have ended.
    static let clearServers = Statement(
        "clear_servers",
        """
        DELETE FROM server_leases
        WHERE node <> $1::text AND (expires_at <= clock_timestamp() OR node = ANY ($2::text[]))
        """)

    /// Node, topology, host, process id, process, milliseconds. Writes nothing while there is another server that this one
    /// cannot be beside.
    static let holdServer = Statement(
        "hold_server",
        """
        INSERT INTO server_leases (node, topology, host, pid, process, expires_at)
        SELECT $1::text, $2::text, $3::text, $4::bigint, $5::text,
            clock_timestamp() + $6::bigint * interval '1 millisecond'
        WHERE NOT EXISTS (
            SELECT FROM server_leases o
            WHERE o.node <> $1::text AND (o.topology <> $2::text OR $2::text = 'single'))
        ON CONFLICT (node) DO UPDATE SET expires_at = excluded.expires_at
        """)

    /// Node and topology. Answers one of the servers in the way.
    static let otherServer = Statement(
        "other_server",
        """
        SELECT node, topology, host, pid, process FROM server_leases
        WHERE node <> $1::text AND (topology <> $2::text OR $2::text = 'single') ORDER BY node LIMIT 1
        """)

    /// Node.
    static let releaseServer = Statement("release_server", "DELETE FROM server_leases WHERE node = $1::text")

    /// Node and how many kilobytes of text: takes room that the table has not taken before.
    static let fillRoom = Statement(
        "fill_room",
        """
        UPDATE server_leases SET filler = (
            SELECT string_agg(md5(random()::text), '') FROM generate_series(1, $2::bigint * 32))
        WHERE node = $1::text
        """)

    /// Node.
    static let emptyRoom = Statement("empty_room", "UPDATE server_leases SET filler = NULL WHERE node = $1::text")
}
