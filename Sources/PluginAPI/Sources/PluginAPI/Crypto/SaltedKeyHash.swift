/// A stored API key hash, `<salt>:<digest>`.
///
/// The salt is 16 random bytes as 32 hexadecimal characters; the digest is the hexadecimal SHA-256 of the salt's *text*
/// followed by the key. Keys carry 256 random bits, so no slow hash is needed.
public struct SaltedKeyHash: Sendable, Hashable {
    /// The salt's text, exactly as it was stored, because that text is what was hashed.
    public let salt: String

    /// The 32 bytes of the digest.
    public let digest: [UInt8]

    /// Hashes a key under a given salt.
    public init(key: String, salt: [UInt8]) {
        self.init(key: key, saltText: Hex.encode(salt))
    }

    private init(key: String, saltText: String) {
        salt = saltText
        digest = Self.digest(saltText: saltText, key: key)
    }

    /// Reads a stored text; nil unless it is 32 hexadecimal digits, a colon and 64 more, in either case.
    public init?(stored: some StringProtocol) {
        let parts = stored.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let salt = Hex.decode(parts[0]), salt.count == 16,
            let digest = Hex.decode(parts[1]), digest.count == 32
        else { return nil }
        self.salt = String(parts[0])
        self.digest = digest
    }

    /// Hashes a key under a new random salt.
    public static func make(key: String) -> SaltedKeyHash {
        SaltedKeyHash(key: key, salt: SecureRandom.bytes(16))
    }

    /// Whether this is the hash of `key`; takes the same time whichever byte differs.
    public func matches(key: String) -> Bool {
        constantTimeEqual(digest, Self.digest(saltText: salt, key: key))
    }

    private static func digest(saltText: String, key: String) -> [UInt8] {
        Digest.sha256(Array(saltText.utf8) + Array(key.utf8))
    }
}

extension SaltedKeyHash: CustomStringConvertible {
    /// The text to store.
    public var description: String { "\(salt):\(Hex.encode(digest))" }
}
