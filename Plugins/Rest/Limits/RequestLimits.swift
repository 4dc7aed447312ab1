import PluginAPI

/// The general limits: a wide ceiling for an address, since one may stand for thousands of devices behind it, and the
/// limit that counts, for each device.
struct RequestLimits: Sendable {
    private let addresses: RequestLimit<String>?
    private let devices: RequestLimit<DeviceIdentity>?

    init(_ settings: RestSettings) {
        addresses = RequestLimit(ratePerSecond: settings.addressRate, burst: settings.addressBurst)
        devices = RequestLimit(ratePerSecond: settings.deviceRate, burst: settings.deviceBurst)
    }

    /// Nil: no limit.
    func takeAddress(_ address: String, at now: NIODeadline) -> RequestQuota? {
        addresses?.take(ClientBlock.key(of: address), at: now)
    }

    /// Nil: no limit.
    func takeDevice(_ device: DeviceIdentity, at now: NIODeadline) -> RequestQuota? {
        devices?.take(device, at: now)
    }
}
