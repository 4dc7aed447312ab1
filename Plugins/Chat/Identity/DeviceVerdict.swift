import PluginAPI

/// Whether a device has proven that it is the one it names.
enum DeviceVerdict: Sendable, Equatable {
    case pass
    /// It has no secret yet: the one it shows becomes its own.
    case claim
    case refuse(ChatError.Code)

    /// The bounds of a device's secret, in bytes: less could be guessed, more is not worth hashing.
    static let secretLength = 16...255

    /// Decides.
    ///
    /// A device that has a secret shows it, whatever the app asks for. One that has none gives itself one by showing it;
    /// if it has a user, only with that user's token, so that nobody else takes it over who has learned its id.
    /// - Parameter proof: what the store knows of the device; nil: nothing.
    static func of(_ claim: ClientClaim, _ policy: IdentityPolicy, _ proof: DeviceProof?) -> DeviceVerdict {
        guard let secret = claim.deviceSecret else {
            return policy.isRequired || proof?.secretHash != nil ? .refuse(.invalidDeviceSecret) : .pass
        }
        guard secretLength.contains(secret.utf8.count) else { return .refuse(.invalidDeviceSecret) }
        if let hash = proof?.secretHash {
            return matches(secret, hash) ? .pass : .refuse(.invalidDeviceSecret)
        }
        guard let user = proof?.userID, !policy.accepts(token: claim.userToken, for: user) else { return .claim }
        return policy.isRequired ? .refuse(.invalidUserToken) : .pass
    }

    /// Compares in constant time; a hash that cannot be read matches nothing.
    static func matches(_ secret: String, _ hash: String) -> Bool {
        SaltedKeyHash(stored: hash)?.matches(key: secret) == true
    }
}

extension ChatError {
    static func invalidDeviceSecret() -> ChatError {
        ChatError(.invalidDeviceSecret, "The device secret is missing or not this device's")
    }

    static func invalidUserToken() -> ChatError {
        ChatError(.invalidUserToken, "The user token is missing or not this user's")
    }
}
