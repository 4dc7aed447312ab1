import PluginAPI

/// The settings of the chat.
struct ChatConfiguration: Sendable, Equatable {
    /// How long an accepted key is accepted without asking the store.
    var acceptedKeyLifetime: Duration = .seconds(60)
    /// How long a refused key is refused without asking the store.
    var refusedKeyLifetime: Duration = .seconds(10)
    /// How often the store is asked whether keys and policies of apps in use have changed.
    var accessCheckInterval: Duration = .seconds(1)
    /// When typing ends by itself.
    var typingTimeout: Duration = .seconds(6)
    /// What tracked events may wait for the store.
    var eventQueueLimits = EventQueue.Limits(count: 10_000, bytes: 16_777_216)
    /// How long a tracked event waits for others before it is stored.
    var eventFlushInterval: Duration = .seconds(5)

    static let schema: SettingsSchema = [
        .duration(
            "key_cache_positive", default: .seconds(60), in: .zero ... .seconds(60),
            "how long an accepted client key is accepted without asking the store"),
        .duration(
            "key_cache_negative", default: .seconds(10), in: .zero ... .seconds(10),
            "how long a refused client key is refused without asking the store"),
        .duration(
            "access_check_interval", default: .seconds(1), in: .milliseconds(100) ... .seconds(60),
            "how often the store is asked whether keys of apps in use were replaced"),
        .duration(
            "typing_timeout", default: .seconds(6), in: .seconds(1) ... .seconds(60),
            "when typing that is not refreshed ends by itself"),
        .integer(
            "event_queue", default: 10_000, in: 50...1_000_000,
            "how many tracked events may wait for the store, half of them of one app"),
        .byteCount(
            "event_queue_bytes", default: 16_777_216, in: 1_048_576...1_073_741_824,
            "what they may take in memory, half of it for one app"),
        .duration(
            "event_flush_interval", default: .seconds(5), in: .milliseconds(100) ... .seconds(60),
            "how long a tracked event waits for others before it is stored"),
    ]
}

extension ChatConfiguration {
    init(_ settings: Settings) throws(SettingsError) {
        acceptedKeyLifetime = try settings.duration("key_cache_positive")
        refusedKeyLifetime = try settings.duration("key_cache_negative")
        accessCheckInterval = try settings.duration("access_check_interval")
        typingTimeout = try settings.duration("typing_timeout")
        eventQueueLimits = EventQueue.Limits(
            count: try settings.int("event_queue"), bytes: try settings.byteCount("event_queue_bytes"))
        eventFlushInterval = try settings.duration("event_flush_interval")
    }
}
