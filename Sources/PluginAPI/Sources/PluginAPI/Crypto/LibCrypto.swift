internal import COpenSSL

/// The only place that calls libcrypto. Algorithms are fetched once: a lookup costs more than a short digest.
enum LibCrypto {
    static let sha1 = Algorithm("SHA1", length: 20)
    static let sha256 = Algorithm("SHA256", length: 32)

    /// A digest algorithm; lives as long as the process and is never freed.
    struct Algorithm: @unchecked Sendable {  // EVP_MD is immutable once fetched, and libcrypto shares it over threads.
        let pointer: OpaquePointer
        let length: Int

        fileprivate init(_ name: String, length: Int) {
            guard let pointer = EVP_MD_fetch(nil, name, nil) else {
                preconditionFailure("libcrypto offers no \(name); check the OpenSSL configuration")
            }
            self.pointer = pointer
            self.length = length
        }
    }

    static func digest(_ message: UnsafeRawBufferPointer, _ algorithm: Algorithm) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: algorithm.length) { output, count in
            let status = EVP_Digest(
                message.baseAddress, message.count, output.baseAddress, nil, algorithm.pointer, nil)
            precondition(status == 1, "libcrypto is out of memory")
            count = algorithm.length
        }
    }

    static func hmac(
        key: UnsafeRawBufferPointer, message: UnsafeRawBufferPointer, _ algorithm: Algorithm
    ) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: algorithm.length) { output, count in
            let text = message.baseAddress?.assumingMemoryBound(to: UInt8.self)
            let status = HMAC(
                algorithm.pointer, key.baseAddress, CInt(clamping: key.count), text, message.count,
                output.baseAddress, nil)
            precondition(status != nil, "libcrypto is out of memory")
            count = algorithm.length
        }
    }

    /// Compares memory in a time that depends on the length only.
    static func areEqual(_ lhs: UnsafeRawBufferPointer, _ rhs: UnsafeRawBufferPointer) -> Bool {
        guard lhs.count == rhs.count else { return false }
        guard let left = lhs.baseAddress, let right = rhs.baseAddress else { return true }
        return CRYPTO_memcmp(left, right, lhs.count) == 0
    }
}

extension Sequence<UInt8> {
    /// Lends the bytes in one piece, copying only a sequence that has no such piece.
    @inlinable
    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        withContiguousStorageIfAvailable { body(UnsafeRawBufferPointer($0)) } ?? Array(self).withUnsafeBytes(body)
    }
}
