import NIOCore
import PluginAPI
import Testing

@Suite("Digest")
struct DigestTests {
    @Test(
        "SHA-1 answers the FIPS 180 examples",
        arguments: [
            ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
            ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "84983e441c3bd26ebaae4aa1f95129e5e54670f1"
            ),
        ])
    func sha1(message: String, digest: String) {
        #expect(Hex.encode(Digest.sha1(message.utf8)) == digest)
    }

    @Test(
        "SHA-256 answers the FIPS 180 examples, from every kind of bytes",
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            ),
        ])
    func sha256(message: String, digest: String) {
        #expect(Hex.encode(Digest.sha256(message.utf8)) == digest)
        #expect(Hex.encode(Digest.sha256(Array(message.utf8))) == digest)
        #expect(Hex.encode(Digest.sha256(ByteBuffer(string: message).readableBytesView)) == digest)
        #expect(Hex.encode(Digest.sha256(AnySequence(message.utf8))) == digest)
    }

    @Test(
        "HMAC-SHA-256 answers the test cases of RFC 4231",
        arguments: [
            (
                [UInt8](repeating: 0x0b, count: 20), Array("Hi There".utf8),
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
            ),
            (
                Array("Jefe".utf8), Array("what do ya want for nothing?".utf8),
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
            ),
            (
                [UInt8](repeating: 0xaa, count: 20), [UInt8](repeating: 0xdd, count: 50),
                "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
            ),
            (
                [UInt8](1...25), [UInt8](repeating: 0xcd, count: 50),
                "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"
            ),
            (
                [UInt8](repeating: 0xaa, count: 131),
                Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
            ),
            ([], [], "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"),
        ])
    func hmac(key: [UInt8], message: [UInt8], digest: String) {
        #expect(Hex.encode(Digest.hmacSHA256(key: key, message: message)) == digest)
    }

    @Test("Equality in constant time tells equal from unequal")
    func constantTime() {
        #expect(constantTimeEqual("secret".utf8, Array("secret".utf8)))
        #expect(constantTimeEqual([UInt8](), [UInt8]()))
        #expect(!constantTimeEqual("secret".utf8, "secreT".utf8))
        #expect(!constantTimeEqual("secret".utf8, "secret ".utf8))
        #expect(!constantTimeEqual("".utf8, "s".utf8))
    }

    @Test("The accept key of the websocket handshake comes out as in RFC 6455 section 1.3")
    func websocketAccept() {
        let text = "dGhlIHNhbXBsZSBub25jZQ==258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        #expect(Base64.encode(Digest.sha1(text.utf8)) == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    }
}
