import NIOCore

extension ByteBuffer {
    /// Undoes a client's masking in place (RFC 6455, section 5.3).
    ///
    /// - Parameter key: the four key bytes as they lie in memory, so that a word of the payload can be combined with
    ///   two of them whatever the byte order of the machine.
    mutating func unmask(with key: UInt32) {
        guard key != 0, readableBytes > 0 else { return }
        withUnsafeMutableReadableBytes { bytes in
            let wide = UInt64(key) << 32 | UInt64(key)
            var index = 0
            while bytes.count - index >= 8 {
                let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                bytes.storeBytes(of: word ^ wide, toByteOffset: index, as: UInt64.self)
                index += 8
            }
            withUnsafeBytes(of: key) { key in
                while index < bytes.count {
                    bytes[index] ^= key[index & 3]
                    index += 1
                }
            }
        }
    }
}
