import PluginAPI

/// The general limits: a wide ceiling for an address, since one may stand for thousands of devices behind it, and the
/// limit that counts, for each device.
struct RequestLimits: Sendable {
    private let addresses: RequestLimit<String>?
    private let devices: RequestLimit<DeviceIdentity>?

    /// - Parameter shared: what counts over all nodes, if there is any.
    init(_ settings: RestSettings, shared: (any SharedLimiter)? = nil) {
        addresses = RequestLimit(
            ratePerSecond: settings.addressRate, burst: settings.addressBurst, shared: shared
        ) { "address:" + $0 }
        devices = RequestLimit(
            ratePerSecond: settings.deviceRate, burst: settings.deviceBurst, shared: shared
        ) { $0.limitName("device") }
    }

    /// Nil: no limit.
    func takeAddress(_ address: String, at now: NIODeadline) async -> RequestQuota? {
        await addresses?.take(ClientBlock.key(of: address), at: now)
    }

    /// Nil: no limit.
    func takeDevice(_ device: DeviceIdentity, at now: NIODeadline) async -> RequestQuota? {
        await devices?.take(device, at: now)
    }
}
