import PluginAPI

/// Whether a key is the app's, and for how long that is certain.
struct KeyVerdict: Sendable, Equatable {
    var isAccepted: Bool
    /// Nil: until the key is rotated.
    var validity: Duration?

    static let refused = KeyVerdict(isAccepted: false, validity: nil)

    /// Compares a key with the current hash, and with the previous one while it still counts.
    ///
    /// - Parameter credentials: nil for an unknown app, which looks like a wrong key.
    static func of(_ key: String, against credentials: AppCredentials?, at now: Timestamp) -> KeyVerdict {
        guard let credentials else { return .refused }
        if SaltedKeyHash(stored: credentials.keyHash)?.matches(key: key) == true {
            return KeyVerdict(isAccepted: true, validity: nil)
        }
        guard let previous = credentials.previousKeyHash, let end = credentials.previousKeyExpiresAt, end > now,
            SaltedKeyHash(stored: previous)?.matches(key: key) == true
        else { return .refused }
        return KeyVerdict(isAccepted: true, validity: end - now)
    }
}
