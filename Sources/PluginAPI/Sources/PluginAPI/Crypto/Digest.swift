/// Message digests and keyed digests, computed by libcrypto.
///
/// Inputs are any bytes: `[UInt8]`, `text.utf8`, `buffer.readableBytesView`.
public enum Digest {
    /// SHA-1 (FIPS 180-4), 20 bytes. Only for protocols that demand it, such as the websocket handshake (RFC 6455
    /// section 4.2.2); it protects nothing any more.
    @inlinable
    public static func sha1(_ message: some Sequence<UInt8>) -> [UInt8] { message.withBytes { sha1(bytes: $0) } }

    /// SHA-256 (FIPS 180-4), 32 bytes.
    @inlinable
    public static func sha256(_ message: some Sequence<UInt8>) -> [UInt8] { message.withBytes { sha256(bytes: $0) } }

    /// HMAC-SHA-256 (RFC 2104), 32 bytes. The key may have any length.
    public static func hmacSHA256(key: some Sequence<UInt8>, message: some Sequence<UInt8>) -> [UInt8] {
        key.withBytes { key in
            message.withBytes { LibCrypto.hmac(key: key, message: $0, LibCrypto.sha256) }
        }
    }

    @usableFromInline
    static func sha1(bytes: UnsafeRawBufferPointer) -> [UInt8] { LibCrypto.digest(bytes, LibCrypto.sha1) }

    @usableFromInline
    static func sha256(bytes: UnsafeRawBufferPointer) -> [UInt8] { LibCrypto.digest(bytes, LibCrypto.sha256) }
}

/// Whether both hold the same bytes, in a time that does not tell where they differ. Lengths are no secret.
public func constantTimeEqual(_ lhs: some Sequence<UInt8>, _ rhs: some Sequence<UInt8>) -> Bool {
    lhs.withBytes { lhs in
        rhs.withBytes { LibCrypto.areEqual(lhs, $0) }
    }
}
