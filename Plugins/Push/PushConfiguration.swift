import PluginAPI

/// The settings of the plugin: what holds for apps that say nothing else, and its bounds.
struct PushConfiguration: Sendable, Equatable {
    /// What an app gets that has no wishes of its own.
    var defaults = AppRules()
    /// What stands for several messages; `{count}` is their number.
    var mergedText = "{count} new messages"
    /// How long a device has to say that it has the message.
    var window: Duration = .seconds(3)
    /// When a device is looked at again that was connected and said nothing; zero: not at all.
    var recheck: Duration = .seconds(50)
    /// After how long a message is no longer worth a push.
    var maxAge: Duration = .seconds(86_400)
    /// How many pushes may wait; messages beyond it are stored without one.
    var queueLimit = 100_000
    /// How many are with a provider at once.
    var inFlightLimit = 400
    /// How long a node that died keeps what it took.
    var lease: Duration = .seconds(60)
    /// How often the store is looked at for what other nodes left.
    var pollInterval: Duration = .seconds(5)
    /// Before the second attempt; each further wait is four times as long.
    var retryDelay: Duration = .seconds(4)
    /// How long it is known what became of a push.
    var history: Duration = .seconds(7 * 86_400)

    static let schema: SettingsSchema = [
        .boolean("enabled_by_default", default: true, "whether apps that say nothing of it are pushed for"),
        .string("title", default: "New message", "the line above the text, for apps that set none"),
        .integer(
            "preview", default: PushPolicy.previewLimit, in: 0...PushPolicy.previewLimit,
            "how many characters of a message are shown; 0 shows none of it"),
        .string("quiet_hours", default: "", "when nothing is pushed, such as 22:00-07:00; empty: never"),
        .string("time_zone", default: "UTC", "the time zone of quiet_hours, such as Europe/Berlin"),
        .integer(
            "per_hour", default: 20, in: 0...PushPolicy.perHourLimit,
            "how many pushes a device gets in an hour; what is more is told together later; 0: no bound"),
        .string("merged_text", default: "{count} new messages", "what stands for several messages"),
        .duration(
            "window", default: .seconds(3), in: .zero ... .seconds(60),
            "how long a device has to say that it has the message, before it is pushed"),
        .duration(
            "recheck", default: .seconds(50), in: .zero ... .seconds(600),
            "when a device that was connected but did not say that it has the message is looked at again; 0s: never"),
        .duration(
            "max_age", default: .seconds(86_400), in: .seconds(60) ... .seconds(7 * 86_400),
            "after how long a message is no longer worth a push"),
        .integer(
            "queue_limit", default: 100_000, in: 100...10_000_000,
            "how many pushes may wait in the store; messages beyond it are stored without one"),
        .integer(
            "in_flight", default: 400, in: 1...1_000, "how many pushes are with a provider at once"),
        .duration(
            "lease", default: .seconds(60), in: .seconds(30) ... .seconds(600),
            "how long what a node took stays its own after the node died"),
        .duration(
            "poll_interval", default: .seconds(5), in: .milliseconds(200) ... .seconds(60),
            "how often the store is looked at for what other nodes left"),
        .duration(
            "retry_delay", default: .seconds(4), in: .milliseconds(10) ... .seconds(30),
            "before the second attempt; each further wait is four times as long"),
        .duration(
            "history", default: .seconds(7 * 86_400), in: .seconds(3_600) ... .seconds(90 * 86_400),
            "how long it is known what became of a push"),
    ]
}

extension PushConfiguration {
    init(_ settings: Settings) throws(SettingsError) {
        let zone = try settings.string("time_zone")
        defaults = AppRules(
            isEnabled: try settings.bool("enabled_by_default"),
            title: try settings.value("title", expected: "a text of 1 to \(PushPolicy.titleLimit) characters") {
                (1...PushPolicy.titleLimit).contains($0.utf16Length) ? $0 : nil
            },
            preview: try settings.int("preview"),
            quiet: try settings.value("quiet_hours", expected: "hours such as 22:00-07:00 in a time zone") {
                $0.isEmpty ? .some(nil) : QuietHours($0, timeZone: zone).map { .some($0) }
            },
            perHour: try settings.int("per_hour"))
        mergedText = try settings.string("merged_text")
        window = try settings.duration("window")
        recheck = try settings.duration("recheck")
        maxAge = try settings.duration("max_age")
        queueLimit = try settings.int("queue_limit")
        inFlightLimit = try settings.int("in_flight")
        lease = try settings.duration("lease")
        pollInterval = try settings.duration("poll_interval")
        retryDelay = try settings.duration("retry_delay")
        history = try settings.duration("history")
    }
}
