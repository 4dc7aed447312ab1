import PluginAPI

extension LaneKey {
    /// What belongs to a device, and not to one of its conversations.
    init(device: DeviceIdentity) {
        self.init("device \(device.app) \(device.device)")
    }

    /// What belongs to an app as a whole.
    init(app: AppID) {
        self.init("app \(app)")
    }
}
