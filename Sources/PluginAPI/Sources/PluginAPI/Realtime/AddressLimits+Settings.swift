/// The keys by which transports let themselves be told what an address may do.
extension AddressLimits.Rules {
    /// How long the answer to wrong credentials may be held back.
    private static let longestDelay = 2.0

    /// Settings of a schema with ``schema``.
    public init(_ settings: Settings) throws(SettingsError) {
        let (rate, refusalRate) = (try settings.number("address_rate"), try settings.number("refusal_rate"))
        let (burst, refusalBurst) = (try settings.int("address_burst"), try settings.int("refusal_burst"))
        self.init(
            connections: try settings.int("connections_per_address"),
            attempts: rate > 0 ? TokenBucket.Rules(capacity: burst, refillPerSecond: rate) : nil,
            refusals: refusalRate > 0
                ? TokenBucket.Rules(
                    capacity: refusalBurst, refillPerSecond: refusalRate,
                    maxDebt: Int(min(refusalRate * Self.longestDelay, 1_000_000).rounded(.up)))
                : nil)
    }

    /// What the settings are, with their bounds.
    public static let schema: [SettingKey] = [
        .integer(
            "connections_per_address", default: 1_000, in: 0...10_000_000,
            "Sockets of one client address, or of one /56 of IPv6. 0: no limit."),
        .number(
            "address_rate", default: 200, in: 0.0...1_000_000,
            "Sockets that an address may ask for each second. 0: no limit."),
        .integer("address_burst", default: 2_000, in: 1...1_000_000, "Sockets that an address may ask for at once."),
        .number(
            "refusal_rate", default: 10, in: 0.0...1_000_000,
            "Wrong credentials of an address that are answered each second; further answers wait. 0: no limit."),
        .integer(
            "refusal_burst", default: 100, in: 1...1_000_000,
            "Wrong credentials of an address that are answered without a wait."),
    ]
}
