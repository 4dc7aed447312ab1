import PluginAPI

/// What the command asks of the running server.
struct DoctorQuestion: Sendable, Equatable {
    static let name = "doctor"

    var device: DeviceIdentity
    var send: Bool

    init(_ device: DeviceIdentity, send: Bool) {
        self.device = device
        self.send = send
    }

    init(_ json: JSONObject) throws(ChatError) {
        guard let app = json["app"]?.stringValue, let device = json["device"]?.stringValue else {
            throw ChatError(.validation, "app and device must be texts")
        }
        self.init(
            DeviceIdentity(app: AppID(rawValue: app), device: DeviceID(rawValue: device)),
            send: json["send"]?.boolValue ?? false)
    }

    var json: JSONObject {
        ["app": .string(device.app.rawValue), "device": .string(device.device.rawValue), "send": .bool(send)]
    }
}
