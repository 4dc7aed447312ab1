import PluginAPI

/// The steps of presence. Those that change something begin with a lock that all nodes share, so that each is atomic over
/// all of them; what follows in the same transaction sees all that others committed before. Time is the server's own.
extension Statement {
    /// "RQpr" in ASCII and the schema, since several deployments may share a database.
    static let lockLeases = Statement(
        "lock_leases",
        "SELECT pg_advisory_xact_lock(1381060722, current_schema()::regnamespace::oid::integer)")

    /// Node, milliseconds, then apps, devices, connections and times of connecting.
    static let holdLeases = Statement(
        "hold_leases",
        """
        INSERT INTO presence_leases (app, device, node, connection, connected_at, expires_at)
        SELECT c.app, c.device, $1::text, c.connection, c.connected_at,
            clock_timestamp() + $2::bigint * interval '1 millisecond'
        FROM unnest($3::text[], $4::text[], $5::text[], $6::bigint[]) c (app, device, connection, connected_at)
        ON CONFLICT (app, device, node, connection) DO UPDATE SET expires_at = excluded.expires_at
        """)

    /// Apps and devices. Answers those that were not shown.
    static let showDevices = Statement(
        "show_devices",
        """
        INSERT INTO presence_shown (app, device) SELECT DISTINCT d.* FROM unnest($1::text[], $2::text[]) d (app, device)
        ON CONFLICT DO NOTHING RETURNING app, device
        """)

    /// Node, then apps, devices and connections.
    static let releaseLeases = Statement(
        "release_leases",
        """
        DELETE FROM presence_leases l USING unnest($2::text[], $3::text[], $4::text[]) c (app, device, connection)
        WHERE l.app = c.app AND l.device = c.device AND l.node = $1::text AND l.connection = c.connection
        """)

    /// Milliseconds, apps and devices: notes that they are to be settled by then. A note is the lease of no node, which
    /// makes nobody live.
    static let noteAway = Statement(
        "note_away",
        """
        INSERT INTO presence_leases (app, device, node, connection, connected_at, expires_at)
        SELECT d.app, d.device, '', '', 0, clock_timestamp() + $1::bigint * interval '1 millisecond'
        FROM (SELECT DISTINCT * FROM unnest($2::text[], $3::text[]) u (app, device)) d
        ON CONFLICT (app, device, node, connection) DO UPDATE SET expires_at = excluded.expires_at
        """)

    /// How many at most.
    static let takeOverdue = Statement(
        "take_overdue",
        """
        DELETE FROM presence_leases WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM presence_leases WHERE expires_at <= clock_timestamp() AND node = ''
            ORDER BY expires_at LIMIT $1::bigint))
        RETURNING app, device
        """)

    /// Apps and devices. Answers those that were shown and are no longer.
    static let settleDevices = Statement(
        "settle_devices",
        """
        WITH hidden AS (
            DELETE FROM presence_shown s USING unnest($1::text[], $2::text[]) d (app, device)
            WHERE s.app = d.app AND s.device = d.device AND NOT EXISTS (
                SELECT FROM presence_leases l
                WHERE l.app = s.app AND l.device = s.device AND l.node <> '' AND l.expires_at > clock_timestamp())
            RETURNING s.app, s.device),
        notes AS (
            DELETE FROM presence_leases l USING hidden h WHERE l.app = h.app AND l.device = h.device AND l.node = '')
        SELECT app, device FROM hidden
        """)

    /// How many at most.
    static let expireLeases = Statement(
        "expire_leases",
        """
        DELETE FROM presence_leases WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM presence_leases WHERE expires_at <= clock_timestamp() AND node <> ''
            ORDER BY expires_at LIMIT $1::bigint))
        RETURNING app, device, connection, connected_at
        """)

    /// App and device.
    static let hasLease = Statement(
        "has_lease",
        """
        SELECT EXISTS (SELECT FROM presence_leases
            WHERE app = $1::text AND device = $2::text AND node <> '' AND expires_at > clock_timestamp())
        """)

    /// App, then the device, node and connection that the last page ended with, and how many at most.
    static let listLeases = Statement(
        "list_leases",
        """
        SELECT device, node, connection, connected_at FROM presence_leases
        WHERE app = $1::text AND (device, node, connection) > ($2::text, $3::text, $4::text)
            AND node <> '' AND expires_at > clock_timestamp()
        ORDER BY device, node, connection LIMIT $5::bigint
        """)
}
