import PluginAPI
import Testing

@Suite("Hex and base 64")
struct EncodingTests {
    @Test("Hex is written in lower case and read in either")
    func hex() {
        #expect(Hex.encode([0x00, 0x0f, 0xa5, 0xff]) == "000fa5ff")
        #expect(Hex.decode("000FA5ff") == [0x00, 0x0f, 0xa5, 0xff])
        #expect(Hex.encode([UInt8]()) == "")
        #expect(Hex.decode("") == [])
    }

    @Test("Text that is not hex is refused", arguments: ["0", "0g", "zz", " 00", "é", "0x00"])
    func notHex(text: String) {
        #expect(Hex.decode(text) == nil)
    }

    @Test(
        "Base 64 answers the examples of RFC 4648 section 10",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ])
    func base64(text: String, encoded: String) {
        #expect(Base64.encode(text.utf8) == encoded)
        let unpadded = encoded.prefix { $0 != "=" }
        #expect(Base64URL.encode(text.utf8) == unpadded)
        #expect(Base64URL.decode(unpadded) == Array(text.utf8))
    }

    @Test("Every byte string has one base64url text and comes back from it", arguments: 0..<70)
    func roundTrip(length: Int) {
        let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 151 &+ length) }
        let text = Base64URL.encode(bytes)
        #expect(Base64URL.decode(text) == bytes)
        #expect(!text.contains("=") && !text.contains("+") && !text.contains("/"))
    }

    @Test("The two variants differ in their last two characters only")
    func variants() {
        #expect(Base64.encode([0xfb, 0xff]) == "+/8=")
        #expect(Base64URL.encode([0xfb, 0xff]) == "-_8")
    }

    @Test(
        "Decoding is strict: no padding, no foreign character, no impossible length, no stray bits",
        arguments: ["Zg==", "Zm8=", "Z", "Zm9vY", "+/8", "Zm 9", "Zh", "Zm9", "Zé"])
    func strict(text: String) {
        #expect(Base64URL.decode(text) == nil)
    }
}
