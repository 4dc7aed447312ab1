/// The secret an app identifies itself with.
public enum APIKey {
    /// A new key: 32 random bytes as 43 characters of base64url.
    public static func generate() -> String {
        Base64URL.encode(SecureRandom.bytes(32))
    }
}
