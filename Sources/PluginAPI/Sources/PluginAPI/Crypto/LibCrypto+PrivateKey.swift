internal import COpenSSL

extension LibCrypto {
    /// A private key; freed with its last holder.
    final class PrivateKey: @unchecked Sendable {  // Only read once made; each signature has a context of its own.
        private let pointer: OpaquePointer

        /// Nil when the text is no unencrypted key in PEM form.
        init?(pem: String) {
            let bytes = Array(pem.utf8)
            let key = bytes.withUnsafeBytes { bytes -> OpaquePointer? in
                guard let source = BIO_new_mem_buf(bytes.baseAddress, CInt(clamping: bytes.count)) else { return nil }
                defer { BIO_free(source) }
                // Without a callback libcrypto would ask for a passphrase on the terminal.
                return PEM_read_bio_PrivateKey(source, nil, { _, _, _, _ in -1 }, nil)
            }
            // What failed stays in a queue of this thread that others read.
            ERR_clear_error()
            guard let key else { return nil }
            pointer = key
        }

        deinit { EVP_PKEY_free(pointer) }

        var isRSA: Bool { EVP_PKEY_get_base_id(pointer) == EVP_PKEY_RSA }

        var bits: Int { Int(EVP_PKEY_get_bits(pointer)) }

        /// Nil when libcrypto fails.
        func sign(_ message: UnsafeRawBufferPointer, _ algorithm: Algorithm) -> [UInt8]? {
            guard let context = EVP_MD_CTX_new() else { return nil }
            defer {
                EVP_MD_CTX_free(context)
                ERR_clear_error()
            }
            let text = message.baseAddress?.assumingMemoryBound(to: UInt8.self)
            var length = 0
            guard EVP_DigestSignInit(context, nil, algorithm.pointer, nil, pointer) == 1,
                EVP_DigestSign(context, nil, &length, text, message.count) == 1
            else { return nil }
            var signature = [UInt8](repeating: 0, count: length)
            guard EVP_DigestSign(context, &signature, &length, text, message.count) == 1 else { return nil }
            return Array(signature.prefix(length))
        }
    }
}
