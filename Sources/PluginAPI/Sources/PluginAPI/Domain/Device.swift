/// A device of an app (`data-model.md` 4).
public struct Device: Sendable, Hashable {
    public var identity: DeviceIdentity
    public var userID: UserID?
    public var platform: Platform
    public var pushTokenProvider: PushTokenProvider?
    public var pushTokenUpdatedAt: Timestamp?
    public var createdAt: Timestamp
    public var updatedAt: Timestamp

    public init(
        identity: DeviceIdentity,
        userID: UserID? = nil,
        platform: Platform,
        pushTokenProvider: PushTokenProvider? = nil,
        pushTokenUpdatedAt: Timestamp? = nil,
        createdAt: Timestamp,
        updatedAt: Timestamp
    ) {
        self.identity = identity
        self.userID = userID
        self.platform = platform
        self.pushTokenProvider = pushTokenProvider
        self.pushTokenUpdatedAt = pushTokenUpdatedAt
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }
}

/// What a device runs on. `unknown` is the server's own word, for devices that never said.
public enum Platform: String, Sendable, CaseIterable {
    case android, ios, web, desktop, unknown
}

/// Who delivers pushes to a token.
public enum PushTokenProvider: String, Sendable {
    case fcm, apns
}

/// A push token as a device registered it.
public struct PushToken: Sendable, Hashable {
    /// At least 10 characters; opaque.
    public var token: String
    public var provider: PushTokenProvider
    public var platform: Platform

    public init(token: String, provider: PushTokenProvider, platform: Platform) {
        self.token = token
        self.provider = provider
        self.platform = platform
    }
}

/// What a client says of the device it runs on (`http.md` 5).
public struct DeviceContext: Sendable, Hashable {
    public var platform: Platform
    /// `os_version`, `app_version`, `device_model`, `locale`, `timezone`, `sdk_version`: those that were given.
    public var details: JSONObject

    public init(platform: Platform, details: JSONObject = [:]) {
        self.platform = platform
        self.details = details
    }

    /// The names that ``details`` may hold.
    public static let detailNames = [
        "os_version", "app_version", "device_model", "locale", "timezone", "sdk_version",
    ]
}

/// What an app says of its user (`http.md` 5).
public struct UserProfile: Sendable, Hashable {
    /// 1…255 UTF-16 units.
    public var id: UserID
    public var name: String?
    public var email: String?
    public var attributes: JSONObject

    public init(id: UserID, name: String? = nil, email: String? = nil, attributes: JSONObject = [:]) {
        self.id = id
        self.name = name
        self.email = email
        self.attributes = attributes
    }
}
