import PluginAPI

extension SQLiteStore {
    public func recordUses(_ uses: [TransportUse]) async throws {
        guard !uses.isEmpty else { return }
        try await writer.write(changesConversations: false) { transaction in
            let insertion = try transaction.connection.prepare(Connection.use)
            for use in uses {
                let software = use.software
                try insertion.run(
                    .integer(use.day), .id(use.device.device), .text(software.transport.rawValue),
                    .text(software.protocolName), .text(software.sdkVersion), .text(software.platform.rawValue),
                    .time(use.at), .id(use.device.app))
            }
            for (app, uses) in Dictionary(grouping: uses, by: \.device.app) {
                let newest = uses.map(\.day).max() ?? 0
                try transaction.connection.run(
                    "DELETE FROM transport_uses WHERE app_id = ? AND day < ?",
                    .id(app), .integer(newest - TransportUse.daysKept))
            }
        }
    }

    public func usage(of app: AppID, at now: Timestamp) async throws -> [TransportUsage] {
        try await snapshot { connection in
            try connection.usage("transport, '', '', ''", of: app, at: now)
                + connection.usage("transport, protocol, sdk_version, platform", of: app, at: now)
        }
    }

    public func devices(
        of app: AppID, using transport: ClientTransport, since: Timestamp, limit: Int
    ) async throws -> [DeviceID] {
        try await snapshot { connection in
            try connection.all(
                """
                SELECT DISTINCT device_id FROM transport_uses
                WHERE app_id = ? AND day >= ? AND transport = ? AND last_seen_at >= ? LIMIT ?
                """,
                .id(app), .integer(TransportUse.day(of: since)), .text(transport.rawValue), .time(since),
                .integer(Int64(max(0, limit)))
            ) { $0.id(0) }
        }
    }
}

extension Connection {
    fileprivate static let use = """
        INSERT INTO transport_uses
            (app_id, day, device_id, transport, protocol, sdk_version, platform, last_seen_at)
        SELECT id, ?, ?, ?, ?, ?, ?, ? FROM apps WHERE id = ?
        ON CONFLICT (app_id, day, device_id, transport) DO UPDATE SET
            protocol = excluded.protocol, sdk_version = excluded.sdk_version, platform = excluded.platform,
            last_seen_at = excluded.last_seen_at
        WHERE excluded.last_seen_at >= transport_uses.last_seen_at
        """

    /// - Parameter columns: what the lines are about: transport, protocol, version and platform; empty texts where all
    ///   are taken together.
    fileprivate func usage(_ columns: String, of app: AppID, at now: Timestamp) throws -> [TransportUsage] {
        let marks = [1, 7, 14, 21, 28, 30].map { SQLValue.time(now - .seconds($0 * 86_400)) }
        var lines: [TransportUsage] = []
        let sql = """
            SELECT \(columns), max(last_seen_at), count(DISTINCT device_id),
                count(DISTINCT CASE WHEN last_seen_at > ?1 THEN device_id END),
                count(DISTINCT CASE WHEN last_seen_at > ?2 THEN device_id END),
                count(DISTINCT CASE WHEN last_seen_at <= ?2 AND last_seen_at > ?3 THEN device_id END),
                count(DISTINCT CASE WHEN last_seen_at <= ?3 AND last_seen_at > ?4 THEN device_id END),
                count(DISTINCT CASE WHEN last_seen_at <= ?4 AND last_seen_at > ?5 THEN device_id END)
            FROM transport_uses WHERE app_id = ?7 AND day >= ?8 AND last_seen_at > ?6
                AND last_seen_at <= ?9
            GROUP BY 1, 2, 3, 4 ORDER BY 6 DESC, 1, 2, 3, 4 LIMIT \(TransportUsage.mostLines)
            """
        let month = now - .seconds(30 * 86_400)
        try execute(sql, marks + [.id(app), .integer(TransportUse.day(of: month)), .time(now)]) { row in
            lines.append(TransportUsage(row: row))
            return true
        }
        return lines
    }
}

extension TransportUsage {
    fileprivate init(row: SQLRow) {
        let transport = ClientTransport(rawValue: row.text(0))
        let name = row.text(1)
        let software = ClientSoftware(
            transport: transport, protocolName: name, sdkVersion: row.text(2),
            platform: Platform(rawValue: row.text(3)) ?? .unknown)
        let counts = (5...10).map { Int(row.integer($0)) }
        self.init(
            transport: transport, software: name.isEmpty ? nil : software, lastDay: counts[1], lastWeek: counts[2],
            lastMonth: counts[0], weeks: Array(counts[2...]), lastSeen: row.time(4))
    }
}
