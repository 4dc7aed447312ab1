import PluginAPI
import Testing

@Suite("Percent encoding")
struct PercentEncodingTests {
    @Test("text comes back as it was")
    func decode() {
        #expect(PercentEncoding.decode("gr%C3%BCn+%2B") == "grün++")
        #expect(PercentEncoding.decode("a+b%20c", plusIsSpace: true) == "a b c")
        #expect(PercentEncoding.decode("") == "")
    }

    @Test("a broken escape is told from bytes that are no text", arguments: ["%", "%4", "%zz", "a%4g", "100%"])
    func broken(_ text: String) {
        #expect(throws: PercentEncoding.Failure.brokenEscape) { try PercentEncoding.decoded(text) }
    }

    @Test(
        "bytes that are not UTF-8 are never mended, and U+0000 is in no text",
        arguments: ["ger%E4t", "%FF", "%C3", "%ED%A0%80", "%C0%80", "%F5%80%80%80", "%00", "a%00b"])
    func notText(_ text: String) {
        #expect(throws: PercentEncoding.Failure.notText) { try PercentEncoding.decoded(text) }
        #expect(PercentEncoding.decode(text) == nil)
        #expect(throws: HTTPFailure.self) { try QueryParameters("device_id=\(text)") }
    }
}
