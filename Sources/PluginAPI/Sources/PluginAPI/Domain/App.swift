/// A tenant (`data-model.md` 1).
public struct App: Sendable, Hashable {
    public var id: AppID
    public var name: String
    public var createdAt: Timestamp

    public init(id: AppID, name: String, createdAt: Timestamp) {
        self.id = id
        self.name = name
        self.createdAt = createdAt
    }
}

/// What an app's client key is checked against. The key itself is never stored.
public struct AppCredentials: Sendable, Hashable {
    public var app: AppID
    /// The current key's hash, as ``SaltedKeyHash`` prints it.
    public var keyHash: String
    /// The key before the last rotation, while it is still accepted.
    public var previousKeyHash: String?
    /// When the previous key stops being accepted.
    public var previousKeyExpiresAt: Timestamp?

    public init(app: AppID, keyHash: String, previousKeyHash: String? = nil, previousKeyExpiresAt: Timestamp? = nil) {
        self.app = app
        self.keyHash = keyHash
        self.previousKeyHash = previousKeyHash
        self.previousKeyExpiresAt = previousKeyExpiresAt
    }
}
