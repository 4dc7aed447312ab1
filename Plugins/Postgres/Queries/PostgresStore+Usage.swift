import PluginAPI

extension PostgresStore {
    public func recordUses(_ uses: [TransportUse]) async throws {
        // A name that the database cannot keep has no other row either.
        let uses = uses.filter { !SQLValue.id($0.device.device).holdsNUL && !SQLValue.id($0.device.app).holdsNUL }
        for (app, uses) in Dictionary(grouping: uses, by: \.device.app) {
            let oldest = (uses.map(\.day).max() ?? 0) - TransportUse.daysKept
            let rows = JSONObject([("uses", JSONValue.array(Self.latest(uses).map { .object($0.stored) }))])
            let steps = [
                Step(.recordUses, .id(app), .object(rows)), Step(.forgetUses, .id(app), .integer(oldest)),
            ]
            try await pool.write(in: LaneKey(app: app), of: app, steps) { _ in }
        }
    }

    public func usage(of app: AppID, at now: Timestamp) async throws -> [TransportUsage] {
        let month = now - .seconds(30 * 86_400)
        let values = [SQLValue.id(app), .integer(TransportUse.day(of: month)), .time(now)]
        return try await list([Step(.usageByTransport, values), Step(.usageBySoftware, values)], of: app) { rows in
            try rows.flatMap { try $0.map { try TransportUsage(row: $0) } }
        }
    }

    public func devices(
        of app: AppID, using transport: ClientTransport, since: Timestamp, limit: Int
    ) async throws -> [DeviceID] {
        let step = Step(
            .devicesUsing, .id(app), .integer(TransportUse.day(of: since)), .text(transport.rawValue), .bound(since),
            .limit(max(0, limit)))
        return try await list([step], of: app) { rows in
            rows.first?.map { $0.id(0) } ?? []
        }
    }

    /// One statement cannot change a row twice.
    private static func latest(_ uses: [TransportUse]) -> [TransportUse] {
        struct Key: Hashable {
            var device: DeviceID
            var transport: ClientTransport
            var day: Int64
        }
        let newest = Dictionary(
            uses.map { (Key(device: $0.device.device, transport: $0.software.transport, day: $0.day), $0) },
            uniquingKeysWith: { $0.at > $1.at ? $0 : $1 })
        return Array(newest.values)
    }
}

extension TransportUse {
    /// The row, with the names of the columns.
    fileprivate var stored: JSONObject {
        [
            "day": .int(day),
            "device_id": .string(device.device.rawValue),
            "transport": .string(software.transport.rawValue),
            "protocol": .string(software.protocolName),
            "sdk_version": .string(software.sdkVersion),
            "platform": .string(software.platform.rawValue),
            "at": .int(at.milliseconds),
        ]
    }
}

extension TransportUsage {
    fileprivate init(row: SQLRow) throws {
        let transport = ClientTransport(rawValue: row.text(0))
        let name = row.text(1)
        let software = ClientSoftware(
            transport: transport, protocolName: name, sdkVersion: row.text(2),
            platform: Platform(rawValue: row.text(3)) ?? .unknown)
        let counts = try (5...10).map { Int(try row.integer($0)) }
        self.init(
            transport: transport, software: name.isEmpty ? nil : software, lastDay: counts[1], lastWeek: counts[2],
            lastMonth: counts[0], weeks: Array(counts[2...]), lastSeen: try row.time(4))
    }
}

extension Statement {
    /// In the order of the key, so that two nodes cannot wait for each other.
    fileprivate static let recordUses = Statement(
        "record_uses",
        """
        INSERT INTO transport_uses AS u
            (app_id, day, device_id, transport, protocol, sdk_version, platform, last_seen_at)
        SELECT a.id, e.day, e.device_id, e.transport, e.protocol, e.sdk_version, e.platform,
            timestamp 'epoch' + e.at * interval '1 millisecond'
        FROM jsonb_to_recordset($2::jsonb -> 'uses') AS e (day bigint, device_id text, transport text, protocol text,
            sdk_version text, platform text, at bigint) JOIN apps a ON a.id = $1::text
        ORDER BY e.day, e.device_id, e.transport
        ON CONFLICT (app_id, day, device_id, transport) DO UPDATE SET
            protocol = excluded.protocol, sdk_version = excluded.sdk_version, platform = excluded.platform,
            last_seen_at = excluded.last_seen_at
        WHERE excluded.last_seen_at >= u.last_seen_at
        """)
    fileprivate static let forgetUses = Statement(
        "forget_uses", "DELETE FROM transport_uses WHERE app_id = $1::text AND day < $2::bigint")

    fileprivate static let usageByTransport = usage("usage_by_transport", "transport, '', '', ''", "transport")
    fileprivate static let usageBySoftware = usage(
        "usage_by_software", "transport, protocol, sdk_version, platform",
        "transport, protocol, sdk_version, platform")

    private static func usage(_ name: String, _ columns: String, _ groups: String) -> Statement {
        func days(_ days: Int) -> String { "$3::timestamp(3) - interval '\(days) days'" }
        func week(_ number: Int) -> String {
            "last_seen_at <= \(days(number * 7)) AND last_seen_at > \(days(number * 7 + 7))"
        }
        return Statement(
            name,
            """
            SELECT \(columns), max(last_seen_at), count(DISTINCT device_id) AS devices,
                count(DISTINCT device_id) FILTER (WHERE last_seen_at > \(days(1))),
                count(DISTINCT device_id) FILTER (WHERE last_seen_at > \(days(7))),
                count(DISTINCT device_id) FILTER (WHERE \(week(1))),
                count(DISTINCT device_id) FILTER (WHERE \(week(2))),
                count(DISTINCT device_id) FILTER (WHERE \(week(3)))
            FROM transport_uses
            WHERE app_id = $1::text AND day >= $2::bigint AND last_seen_at > \(days(30))
                AND last_seen_at <= $3::timestamp(3)
            GROUP BY \(groups) ORDER BY devices DESC, \(groups) LIMIT \(TransportUsage.mostLines)
            """)
    }

    fileprivate static let devicesUsing = Statement(
        "devices_using",
        """
        SELECT DISTINCT device_id FROM transport_uses
        WHERE app_id = $1::text AND day >= $2::bigint AND transport = $3::text AND last_seen_at >= $4::timestamp(3)
        LIMIT $5::bigint
        """)
    static let ofUsage = [recordUses, forgetUses, usageByTransport, usageBySoftware, devicesUsing]
}
