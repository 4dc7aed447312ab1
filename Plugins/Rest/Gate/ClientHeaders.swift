import HTTPTypes
import PluginAPI

/// Who a client says it is (`http.md` 3). The key is not checked yet.
struct ClientHeaders: Equatable {
    /// The longest value of a header, in bytes.
    static let maxLength = 255

    let device: DeviceIdentity
    let key: String

    /// Reads the three headers in the order in which the contract reports them missing.
    init(_ fields: HTTPFields) throws(HTTPFailure) {
        let app = try Self.value(.appID, in: fields, missing: "MISSING_APP_ID")
        let device = try Self.value(.deviceID, in: fields, missing: "MISSING_DEVICE_ID")
        key = try Self.value(.apiKey, in: fields, missing: "MISSING_API_KEY")
        try Self.check(app, of: .appID, invalid: "INVALID_APP_ID")
        try Self.check(device, of: .deviceID, invalid: "INVALID_DEVICE_ID")
        // No key is that long; it is not worth hashing.
        if key.utf8.count > Self.maxLength { throw Self.refused }
        self.device = DeviceIdentity(app: AppID(app), device: DeviceID(device))
    }

    /// Unknown app and wrong key look alike. Never 401: older clients wipe their state on it.
    static let refused = HTTPFailure(
        .forbidden, "INVALID_APP_ID", "Invalid app_id", message: "The provided X-App-Id or X-Api-Key is not valid")

    private static func value(
        _ name: HTTPField.Name, in fields: HTTPFields, missing code: String
    ) throws(HTTPFailure) -> String {
        guard let value = fields.value(of: name), !value.isEmpty else {
            throw HTTPFailure(
                .badRequest, code, "Missing required header", message: "\(name.rawName) header is required")
        }
        return value
    }

    private static func check(_ value: String, of name: HTTPField.Name, invalid code: String) throws(HTTPFailure) {
        // Bytes that are not UTF-8 arrive as U+FFFD, whichever they were: they would make one id of several.
        let isSound =
            value.utf8.count <= maxLength && value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
            && !(value.utf8.contains(0xEF) && value.unicodeScalars.contains("\u{FFFD}"))
        guard isSound else {
            throw HTTPFailure(
                .badRequest, code, "Invalid header",
                message: "\(name.rawName) must have 1 to \(maxLength) bytes of UTF-8 and no control characters")
        }
    }
}
