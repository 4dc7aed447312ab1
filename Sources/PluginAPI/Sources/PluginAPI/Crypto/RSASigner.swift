/// Signs with an RSA key: RSASSA-PKCS1-v1_5 over SHA-256, which JSON Web Tokens call `RS256` (RFC 7518 section 3.3).
public final class RSASigner: Sendable {
    /// Why there is no signature.
    public struct Failure: Error, Sendable, CustomStringConvertible {
        /// The reason, without anything of the key.
        public let description: String
    }

    /// The least size of a key that RFC 7518 allows, in bits.
    public static let leastBits = 2_048

    private let key: LibCrypto.PrivateKey

    /// Reads a private key in PEM form (PKCS#8 or PKCS#1), not encrypted.
    ///
    /// - Throws: ``Failure`` when it is none, is no RSA key, or is too short.
    public init(pem: String) throws(Failure) {
        guard let key = LibCrypto.PrivateKey(pem: pem) else {
            throw Failure(description: "the private key is not PEM text of an unencrypted key")
        }
        guard key.isRSA else { throw Failure(description: "the private key is no RSA key") }
        guard key.bits >= Self.leastBits else {
            throw Failure(description: "the private key has \(key.bits) bits; at least \(Self.leastBits) are needed")
        }
        self.key = key
    }

    /// The signature of a message.
    public func sign(_ message: some Sequence<UInt8>) throws(Failure) -> [UInt8] {
        guard let signature = message.withBytes({ key.sign($0, LibCrypto.sha256) }) else {
            throw Failure(description: "signing failed")
        }
        return signature
    }
}
