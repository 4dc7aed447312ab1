import PluginAPI

/// The settings of this plugin. A rate of 0 lifts its limit.
struct RestSettings {
    /// Messages each second and device.
    var messageRate: Double
    var messageBurst: Int
    /// How long a message may be held back before it is refused.
    var messageMaxDelay: Duration
    /// Requests each second and device.
    var deviceRate: Double
    var deviceBurst: Int
    /// Requests each second and address, all devices behind it together.
    var addressRate: Double
    var addressBurst: Int
    /// Whether the limits are counted over all nodes, where something does that.
    var sharesLimits: Bool

    /// What `local_id` must look like.
    var localIDs: LocalIDForm

    init(_ settings: Settings) throws(SettingsError) {
        messageRate = try settings.number("message_rate")
        messageBurst = try settings.int("message_burst")
        messageMaxDelay = try settings.duration("message_max_delay")
        deviceRate = try settings.number("device_rate")
        deviceBurst = try settings.int("device_burst")
        addressRate = try settings.number("ip_rate")
        addressBurst = try settings.int("ip_burst")
        sharesLimits = try settings.bool("shared_limits")
        localIDs = try settings.enumeration("local_id")
    }

    private static let rates = 0.0...1_000_000
    private static let bursts = 1...1_000_000

    static let schema: SettingsSchema = [
        .number("message_rate", default: 5, in: rates, "Messages per second and device; 0: no limit."),
        .integer("message_burst", default: 20, in: bursts, "Messages a device may send at once."),
        .duration(
            "message_max_delay", default: .seconds(2), in: .zero ... .seconds(30),
            "How long a message above the rate is held before it is refused with 429."),
        .number("device_rate", default: 20, in: rates, "Requests per second and device; 0: no limit."),
        .integer("device_burst", default: 200, in: bursts, "Requests a device may make at once."),
        .number("ip_rate", default: 200, in: rates, "Requests per second and client address; 0: no limit."),
        .integer("ip_burst", default: 2_000, in: bursts, "Requests an address may make at once."),
        .boolean(
            "shared_limits", default: true,
            "Counts the limits over all nodes where a plugin such as Redis does that; false: each node by itself."),
        .choice("local_id", of: LocalIDForm.self, default: .uuid, "Whether a local_id must be a UUID or any token."),
    ]
}
