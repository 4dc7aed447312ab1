/// How the users and devices of an app prove who they are. An app without a policy believes what its clients say.
public struct IdentityPolicy: Sendable, Hashable {
    /// What the app's own backend signs the ids of its users with.
    public var secret: Secret
    /// False: proofs that are sent are checked and missing ones pass, for the time of a roll-out.
    public var isRequired: Bool

    /// Makes a policy.
    public init(secret: Secret, isRequired: Bool) {
        self.secret = secret
        self.isRequired = isRequired
    }

    /// The token of a user: HMAC-SHA-256 (RFC 2104) of the id's UTF-8 under the secret's, as 64 hexadecimal digits.
    public func token(for user: UserID) -> String {
        Hex.encode(signature(of: user))
    }

    /// Whether a token is this user's, compared in constant time; nil never is.
    public func accepts(token: String?, for user: UserID) -> Bool {
        guard let token, let bytes = Hex.decode(token) else { return false }
        return constantTimeEqual(bytes, signature(of: user))
    }

    private func signature(of user: UserID) -> [UInt8] {
        Digest.hmacSHA256(key: secret.reveal().utf8, message: user.rawValue.utf8)
    }
}

extension IdentityPolicy {
    /// Reads the policy from an app's settings, `{"identity": {"required": true, "secret": "…"}}`; nil if there is none.
    ///
    /// - Throws: ``ChatError/Code/internalError`` for one that cannot be read: nobody is let in by a broken row.
    public init?(settings: JSONObject) throws(ChatError) {
        guard let identity = settings["identity"], !identity.isNull else { return nil }
        guard let secret = identity["secret"]?.stringValue, !secret.isEmpty,
            let isRequired = identity["required"]?.boolValue
        else { throw ChatError(.internalError, "The app's settings hold an identity policy that cannot be read") }
        self.init(secret: Secret(secret), isRequired: isRequired)
    }

    /// What ``init(settings:)`` reads, for the member `identity`. It holds the secret.
    public var settings: JSONValue {
        ["required": .bool(isRequired), "secret": .string(secret.reveal())]
    }
}
