import PluginAPI

/// `replyhq legacy report`.
enum LegacyReport {
    /// The report of one app.
    struct Part: Sendable {
        var app: App
        /// Each transport as a whole, then what its devices run.
        var lines: [TransportUsage]

        init(_ app: App, _ lines: [TransportUsage]) {
            self.app = app
            self.lines = lines.filter { $0.software == nil }.flatMap { total in
                [total] + lines.filter { $0.software != nil && $0.transport == total.transport }
            }
        }
    }

    @Sendable static func run(_ session: CommandSession) async throws {
        let wanted = session.arguments["app"].map { AppID(rawValue: $0) }
        let (parts, now) = try await session.withContext(requiring: ["store"]) { context in
            let (store, now) = (try context.require(.store), context.clock.now)
            var parts: [Part] = []
            for app in try await store.apps().reversed() where wanted == nil || wanted == app.id {
                parts.append(Part(app, try await store.usage(of: app.id, at: now)))
            }
            return (parts, now)
        }
        if let wanted, parts.isEmpty { throw CommandFailure.failed("there is no app \"\(wanted)\"") }
        if session.arguments.has("json") {
            session.output.line(json(parts, at: now))
        } else {
            session.output.text(text(parts, at: now))
        }
    }

    static func json(_ parts: [Part], at now: Timestamp) -> String {
        var json = JSONWriter()
        json.beginObject()
        json.field("generated_at", now)
        json.key("apps")
        json.beginArray()
        for part in parts {
            json.beginObject()
            json.field("app_id", part.app.id)
            json.field("name", part.app.name)
            json.key("transports")
            json.beginArray()
            for line in part.lines { json.transportUsage(line, at: now) }
            json.endArray()
            json.endObject()
        }
        json.endArray()
        json.endObject()
        return String(buffer: json.buffer)
    }

    static func text(_ parts: [Part], at now: Timestamp) -> String {
        let rows = parts.flatMap { part in part.lines.map { row($0, of: part.app, at: now) } }
        guard !rows.isEmpty else { return "No device was connected in the last 30 days.\n" }
        let head = [
            "APP", "TRANSPORT", "PROTOCOL", "SDK", "PLATFORM", "1 DAY", "7 DAYS", "30 DAYS", "TREND", "LAST SEEN",
            "ZERO ON",
        ]
        return TextTable(head, rows, numbers: 5...8).text
    }

    private static func row(_ line: TransportUsage, of app: App, at now: Timestamp) -> [String] {
        let software = line.software
        let trend = line.trend > 0 ? "+\(line.trend)" : "\(line.trend)"
        let zero = line.projectedZero(at: now).map { String($0.iso8601.prefix(10)) }
        return [
            printable(app.name), line.transport.rawValue, software?.protocolName ?? "all", software?.sdkVersion ?? "",
            software?.platform.rawValue ?? "", "\(line.lastDay)", "\(line.lastWeek)", "\(line.lastMonth)", trend,
            String(line.lastSeen.iso8601.prefix(16).replacing("T", with: " ")), zero ?? "",
        ]
    }

    /// A name is anybody's text; a terminal takes control characters for commands.
    private static func printable(_ name: String) -> String {
        var kept = String.UnicodeScalarView()
        for scalar in name.unicodeScalars {
            kept.append(scalar.properties.generalCategory == .control ? "\u{FFFD}" : scalar)
        }
        let text = String(kept)
        return text.count > 24 ? text.prefix(23) + "…" : text
    }
}
