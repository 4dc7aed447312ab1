/// A tenant (`data-model.md` 1).
public struct App: Sendable, Hashable {
    /// The app's id, which is public.
    public var id: AppID
    /// The name that agents see.
    public var name: String
    /// When it was made.
    public var createdAt: Timestamp

    /// Makes an app.
    public init(id: AppID, name: String, createdAt: Timestamp) {
        self.id = id
        self.name = name
        self.createdAt = createdAt
    }
}

/// What an app's client key is checked against. The key itself is never stored.
public struct AppCredentials: Sendable, Hashable {
    /// The app that the key opens.
    public var app: AppID
    /// The current key's hash, as ``SaltedKeyHash`` prints it.
    public var keyHash: String
    /// The key before the last rotation, while it is still accepted.
    public var previousKeyHash: String?
    /// When the previous key stops being accepted.
    public var previousKeyExpiresAt: Timestamp?
    /// What users and devices must prove; nil: nothing.
    public var identity: IdentityPolicy?

    /// Makes a credential; a previous key without an end does not open anything.
    public init(
        app: AppID,
        keyHash: String,
        previousKeyHash: String? = nil,
        previousKeyExpiresAt: Timestamp? = nil,
        identity: IdentityPolicy? = nil
    ) {
        self.app = app
        self.keyHash = keyHash
        self.previousKeyHash = previousKeyHash
        self.previousKeyExpiresAt = previousKeyExpiresAt
        self.identity = identity
    }
}
