import PluginAPI

/// The settings of the chat.
struct ChatConfiguration: Sendable, Equatable {
    /// How long an accepted key is accepted without asking the store.
    var acceptedKeyLifetime: Duration = .seconds(60)
    /// How long a refused key is refused without asking the store.
    var refusedKeyLifetime: Duration = .seconds(10)
    /// When typing ends by itself.
    var typingTimeout: Duration = .seconds(6)
    /// How many tracked events may wait for the store.
    var eventQueueLimit = 10_000
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
            "typing_timeout", default: .seconds(6), in: .seconds(1) ... .seconds(60),
            "when typing that is not refreshed ends by itself"),
        .integer(
            "event_queue", default: 10_000, in: 50...1_000_000,
            "how many tracked events may wait for the store"),
        .duration(
            "event_flush_interval", default: .seconds(5), in: .milliseconds(100) ... .seconds(60),
            "how long a tracked event waits for others before it is stored"),
    ]
}

extension ChatConfiguration {
    init(_ settings: Settings) throws(SettingsError) {
        acceptedKeyLifetime = try settings.duration("key_cache_positive")
        refusedKeyLifetime = try settings.duration("key_cache_negative")
        typingTimeout = try settings.duration("typing_timeout")
        eventQueueLimit = try settings.int("event_queue")
        eventFlushInterval = try settings.duration("event_flush_interval")
    }
}
