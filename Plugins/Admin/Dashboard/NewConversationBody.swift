import PluginAPI

/// The body with which an agent opens a conversation with a device (`http.md` 9.2).
struct NewConversationBody {
    let device: DeviceID
    let user: UserID?
    let deviceContext: DeviceContext?

    init(_ body: JSONObject, in app: AppID) throws(HTTPFailure) {
        guard let device = body["device_id"]?.stringValue?.trimmed, !device.isEmpty else {
            throw HTTPFailure(.badRequest, "MISSING_DEVICE_ID", "device_id is required")
        }
        guard DeviceIdentity(app: app, device: DeviceID(device)).isWellFormed else {
            throw HTTPFailure(
                .badRequest, "INVALID_DEVICE_ID", "Invalid device_id",
                message: "device_id must have 1 to 255 bytes and no control characters")
        }
        self.device = DeviceID(device)
        user = try Self.user(body.present("user_id"))
        deviceContext = try Self.deviceContext(body.present("device_context"))
    }

    private static func user(_ value: JSONValue?) throws(HTTPFailure) -> UserID? {
        guard let value else { return nil }
        guard case .string(let text) = value, text.isShortName else {
            throw invalid("user_id must be a text of at most \(TextBounds.short) characters without U+0000")
        }
        let id = text.trimmed
        return id.isEmpty ? nil : UserID(id)
    }

    private static func deviceContext(_ value: JSONValue?) throws(HTTPFailure) -> DeviceContext? {
        guard let value else { return nil }
        guard case .object(let members) = value,
            let platform = members["platform"]?.stringValue.flatMap(Platform.init(rawValue:)), platform != .unknown
        else { throw invalid("device_context must be an object with a platform: android, ios, web or desktop") }
        var details = JSONObject()
        for name in DeviceContext.detailNames {
            guard let detail = members.present(name) else { continue }
            guard case .string(let text) = detail, text.isShort else {
                throw invalid("device_context.\(name) must be a text of at most \(TextBounds.short) characters")
            }
            details.set(name, detail)
        }
        return DeviceContext(platform: platform, details: details)
    }

    private static func invalid(_ message: String) -> HTTPFailure {
        HTTPFailure(
            .badRequest, ChatError.Code.validation.description, "Invalid request body", message: message)
    }
}
