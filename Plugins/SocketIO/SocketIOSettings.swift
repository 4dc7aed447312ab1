import PluginAPI

/// The plugin's settings. A rate or limit of 0 lifts it.
struct SocketIOSettings: Sendable {
    private static let times = Duration.milliseconds(100)...Duration.seconds(3600)

    static let schema = SettingsSchema(keys + AddressLimits.Rules.schema)

    private static let keys: [SettingKey] = [
        .duration(
            "ping_interval", default: .seconds(25), in: times, "From open, and from each pong, to the next ping."),
        .duration("ping_timeout", default: .seconds(60), in: times, "From a ping to the close of a silent peer."),
        .duration("connect_timeout", default: .seconds(45), in: times, "Until a peer must have joined a namespace."),
        .byteCount("max_payload", default: 1_000_000, in: 1024...100_000_000, "The longest message from a peer."),
        .byteCount(
            "outbound_limit", default: 1_048_576, in: 65_536...1_000_000_000,
            "What may wait for a slow reader before it is closed."),
        .integer("events_per_second", default: 20, in: 0...1_000_000, "Events of one connection. 0: no limit."),
        .integer("events_burst", default: 40, in: 1...1_000_000, "Events that a connection may send at once."),
        .integer("typing_per_second", default: 5, in: 0...1_000_000, "Typing of one connection. 0: no limit."),
        .integer("joins_per_second", default: 10, in: 0...1_000_000, "Joins of one connection. 0: no limit."),
        .integer("connections_per_device", default: 10, in: 0...1_000_000, "Sockets of one device. 0: no limit."),
        .integer("connections_per_app", default: 10_000, in: 0...10_000_000, "Sockets of one app. 0: no limit."),
    ]

    var timings: EngineIOTimings
    var outboundLimit: Int
    var rates: EventBudget.Rates
    var connectionsPerDevice: Int
    var connectionsPerApp: Int
    var addresses: AddressLimits.Rules

    init(_ settings: Settings) throws {
        timings = EngineIOTimings(
            pingInterval: try settings.duration("ping_interval"),
            pingTimeout: try settings.duration("ping_timeout"),
            connectTimeout: try settings.duration("connect_timeout"),
            maxPayload: try settings.byteCount("max_payload")
        )
        outboundLimit = try settings.byteCount("outbound_limit")
        rates = EventBudget.Rates(
            eventsPerSecond: try settings.int("events_per_second"),
            burst: try settings.int("events_burst"),
            typingPerSecond: try settings.int("typing_per_second"),
            joinsPerSecond: try settings.int("joins_per_second")
        )
        connectionsPerDevice = try settings.int("connections_per_device")
        connectionsPerApp = try settings.int("connections_per_app")
        addresses = try AddressLimits.Rules(settings)
    }
}
