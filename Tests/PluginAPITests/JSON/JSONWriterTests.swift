import NIOCore
import PluginAPI
import Testing

@Suite("JSON writer")
struct JSONWriterTests {
    @Test("Commas are placed by the writer on every level")
    func placesCommas() {
        var writer = JSONWriter()
        writer.beginObject()
        writer.field("a", "x")
        writer.field("b", 1)
        writer.key("c")
        writer.beginArray()
        writer.int(1)
        writer.beginArray()
        writer.endArray()
        writer.beginObject()
        writer.endObject()
        writer.bool(false)
        writer.null()
        writer.endArray()
        writer.fieldIfPresent("absent", String?.none)
        writer.fieldIfPresent("present", Int64?.some(5))
        writer.field("when", Timestamp(milliseconds: 0))
        writer.field("id", Identifier<Self>("u1"))
        writer.key("raw")
        writer.raw(ByteBuffer(string: "[null]"))
        writer.field("json", ["k": [true]] as JSONValue)
        writer.key("static" as StaticString)
        writer.double(0.5)
        writer.endObject()
        #expect(
            String(buffer: writer.buffer)
                == #"{"a":"x","b":1,"c":[1,[],{},false,null],"present":5,"when":"1970-01-01T00:00:00.000Z","id":"u1","#
                + #""raw":[null],"json":{"k":[true]},"static":0.5}"#)
    }

    @Test(
        "Only quote, backslash and control characters are escaped",
        arguments: [
            ("", #""""#), ("a\"b", #""a\"b""#), ("\\", #""\\""#), ("\n\r\t\u{8}\u{c}", #""\n\r\t\b\f""#),
            ("\0\u{1f}", #""\u0000\u001f""#), ("<a href='/'>&</a>", #""<a href='/'>&</a>""#),
            ("é€😀\u{2028}", "\"é€😀\u{2028}\""),
            ("\u{7f}", "\"\u{7f}\""), ("a long text, then one \" and more", #""a long text, then one \" and more""#),
        ])
    func escapes(text: String, json: String) throws {
        #expect(JSONValue.string(text).description == json)
        #expect(try JSONValue(parsing: json) == .string(text))
    }

    @Test(
        "Integers of every length are written in full",
        arguments: [0, 9, 10, -1, -10, 99, 100, 1_234_567_890, Int64.max, Int64.min, Int64.min + 1])
    func writesIntegers(value: Int64) {
        #expect(JSONValue.int(value).description == String(value))
    }

    @Test(
        "Doubles read back as the same number",
        arguments: [0, -0.0, 1, 0.1, -2.5, 1e21, 1e-7, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 1e8 + 0.125])
    func writesDoubles(value: Double) throws {
        let read = try #require(try JSONValue(parsing: JSONValue.double(value).serialized()).doubleValue)
        #expect(read.bitPattern == value.bitPattern)
    }

    @Test("What JSON cannot say is written as null", arguments: [Double.infinity, -.infinity, .nan])
    func writesNonFiniteAsNull(value: Double) {
        #expect(JSONValue.double(value).description == "null")
    }

    @Test("Writing appends to what a buffer holds")
    func appends() {
        var buffer = ByteBuffer(string: "42")
        (["a", 1] as JSONValue).write(to: &buffer)
        #expect(String(buffer: buffer) == #"42["a",1]"#)
    }
}
