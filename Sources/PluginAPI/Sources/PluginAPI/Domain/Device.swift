/// A device of an app (`data-model.md` 4).
public struct Device: Sendable, Hashable {
    /// The device and its app.
    public var identity: DeviceIdentity
    /// The user it was identified with last.
    public var userID: UserID?
    /// What it runs on.
    public var platform: Platform
    /// Who delivers its notifications; nil: it has no token.
    public var pushTokenProvider: PushTokenProvider?
    /// When the token was set.
    public var pushTokenUpdatedAt: Timestamp?
    /// When it was first seen.
    public var createdAt: Timestamp
    /// When its row was last changed.
    public var updatedAt: Timestamp

    /// Makes a device.
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
    /// As the clients call themselves; the raw values are those of the wire.
    case android, ios, web, desktop, unknown
}

/// Who delivers pushes to a token.
public enum PushTokenProvider: String, Sendable {
    /// Firebase Cloud Messaging, Apple Push Notification service.
    case fcm, apns
}

/// A push token as a device registered it.
public struct PushToken: Sendable, Hashable {
    /// At least 10 characters; opaque.
    public var token: String
    /// Who delivers to the token.
    public var provider: PushTokenProvider
    /// What the device runs on.
    public var platform: Platform

    /// Makes a registration.
    public init(token: String, provider: PushTokenProvider, platform: Platform) {
        self.token = token
        self.provider = provider
        self.platform = platform
    }
}

/// What a client says of the device it runs on (`http.md` 5).
public struct DeviceContext: Sendable, Hashable {
    /// What the device runs on.
    public var platform: Platform
    /// `os_version`, `app_version`, `device_model`, `locale`, `timezone`, `sdk_version`: those that were given.
    public var details: JSONObject

    /// Makes a context; everything but the platform is kept as it came.
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
    /// How agents see the user.
    public var name: String?
    /// The user's address, checked before.
    public var email: String?
    /// What the app tells of the user beside that.
    public var attributes: JSONObject

    /// Makes a profile.
    public init(id: UserID, name: String? = nil, email: String? = nil, attributes: JSONObject = [:]) {
        self.id = id
        self.name = name
        self.email = email
        self.attributes = attributes
    }
}
