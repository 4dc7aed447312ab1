import PluginAPI

/// The plugin's settings. A rate or limit of 0 lifts it.
struct LegacyWSSettings: Sendable {
    private static let times = Duration.milliseconds(100)...Duration.seconds(3600)
    private static let dates = "a day such as 2027-03-01, or an instant such as 2027-03-01T00:00:00Z"

    static let schema = SettingsSchema(keys + AddressLimits.Rules.schema)

    private static let keys: [SettingKey] = [
        .duration(
            "ping_interval", default: .seconds(30), in: .zero ... .seconds(3600),
            "Between two protocol pings; a peer that left one unanswered is cut off at the next. 0: no pings."),
        .duration(
            "stale_after", default: .seconds(90), in: times,
            "How long a peer may give no sign of life, pong or ping, before it is closed."),
        .byteCount("max_payload", default: 65_536, in: 1024...100_000_000, "The longest message from a peer."),
        .byteCount(
            "outbound_limit", default: 1_048_576, in: 65_536...1_000_000_000,
            "What may wait for a slow reader before it is closed."),
        .integer("events_per_second", default: 20, in: 0...1_000_000, "Messages of one connection. 0: no limit."),
        .integer("events_burst", default: 40, in: 1...1_000_000, "Messages that a connection may send at once."),
        .integer("typing_per_second", default: 5, in: 0...1_000_000, "Typing of one connection. 0: no limit."),
        .integer("joins_per_second", default: 10, in: 0...1_000_000, "Subscriptions of one connection. 0: no limit."),
        .integer("connections_per_device", default: 10, in: 0...1_000_000, "Sockets of one device. 0: no limit."),
        .integer("connections_per_app", default: 10_000, in: 0...10_000_000, "Sockets of one app. 0: no limit."),
        .boolean(
            "tell_unknown_app", default: false,
            "Closes with 4401 for a wrong key and 4403 for an unknown app, as the first server did; otherwise both are "
                + "4403, and strangers cannot try out which apps exist."),
        .duration(
            "drain_window", in: .zero ... .seconds(300),
            "Over how long the connections are closed when the plugin stops; by default as long as shutdown.notice."),
        .string("sunset", "When this protocol ends, \(dates): clients are told."),
        .string("deprecated_since", "Since when it should not be used any more: HTTP answers to its devices say so."),
        .string("information_url", "Where people read more about its end."),
        .list(
            "brownouts", of: BrownoutSchedule.form, "When clients are turned away with 4426, to find those left.",
            accepts: { BrownoutSchedule.Window($0) != nil }),
    ]

    var limits: LegacyLimits
    var connectionsPerDevice: Int
    var connectionsPerApp: Int
    var addresses: AddressLimits.Rules
    var tellsUnknownApps: Bool
    var drainWindow: Duration?
    var sunset: SunsetPolicy

    init(_ settings: Settings) throws(SettingsError) {
        limits = LegacyLimits(
            pingInterval: try settings.duration("ping_interval"),
            staleAfter: try settings.duration("stale_after"),
            maxPayload: try settings.byteCount("max_payload"),
            outboundLimit: try settings.byteCount("outbound_limit"),
            rates: EventBudget.Rates(
                eventsPerSecond: try settings.int("events_per_second"),
                burst: try settings.int("events_burst"),
                typingPerSecond: try settings.int("typing_per_second"),
                joinsPerSecond: try settings.int("joins_per_second")))
        connectionsPerDevice = try settings.int("connections_per_device")
        connectionsPerApp = try settings.int("connections_per_app")
        addresses = try AddressLimits.Rules(settings)
        tellsUnknownApps = try settings.bool("tell_unknown_app")
        drainWindow = try settings.optionalDuration("drain_window")
        let windows = try settings.values("brownouts", expected: BrownoutSchedule.form) {
            BrownoutSchedule.Window($0)
        }
        sunset = SunsetPolicy(
            sunset: try Self.date("sunset", settings), deprecatedSince: try Self.date("deprecated_since", settings),
            information: try Self.link("information_url", settings), brownouts: BrownoutSchedule(windows: windows))
    }

    private static func date(_ key: String, _ settings: Settings) throws(SettingsError) -> Timestamp? {
        guard let text = try settings.optionalString(key), !text.isEmpty else { return nil }
        guard let date = Timestamp(iso8601: text) ?? Timestamp(iso8601: text + "T00:00:00Z") else {
            throw settings.error(key, "must be \(dates), not \"\(text)\"")
        }
        return date
    }

    /// It goes into a header as it is.
    private static func link(_ key: String, _ settings: Settings) throws(SettingsError) -> String? {
        guard let text = try settings.optionalString(key), !text.isEmpty else { return nil }
        let isSound = text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"<>\"".utf8.contains($0) }
        guard isSound, text.hasPrefix("https://") || text.hasPrefix("http://") else {
            throw settings.error(key, "must be a URL such as https://example.com/update, not \"\(text)\"")
        }
        return text
    }
}
