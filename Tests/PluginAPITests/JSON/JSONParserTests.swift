import NIOCore
import PluginAPI
import Testing

@Suite("JSON parser")
struct JSONParserTests {
    static let accepted: [(String, JSONValue)] = [
        ("null", .null), (" true ", true), ("false\n", false), ("\"\"", ""), ("[]", []), ("{}", [:]),
        ("0", 0), ("-0", 0), ("42", 42), ("-1", -1),
        ("9223372036854775807", .int(.max)), ("-9223372036854775808", .int(.min)),
        ("9223372036854775808", .double(9_223_372_036_854_775_808)), ("9007199254740993", 9_007_199_254_740_993),
        ("1.5", 1.5), ("1.0", .double(1)), ("-0.0", .double(-0.0)), ("1e3", .double(1000)), ("1E+2", .double(100)),
        ("25e-1", 2.5), ("1e-400", .double(0)), ("1.7976931348623157e308", .double(.greatestFiniteMagnitude)),
        (#""a\"b\\c\/d\b\f\n\r\t""#, .string("a\"b\\c/d\u{8}\u{c}\n\r\t")),
        (#""\u0041\u00e9\u20AC\ud83d\ude00""#, "Aé€😀"), (#""\u0000""#, "\0"), ("\"é€😀\u{7f}\"", "é€😀\u{7f}"),
        ("[1, [2, {\"a\": [ ] }], null]", [1, [2, ["a": []]], .null]),
        (#"{"a":1,"b":{"c":"d"},"a":2}"#, ["a": 2, "b": ["c": "d"]]),
    ]

    @Test("Every kind of value is read", arguments: accepted)
    func reads(text: String, expected: JSONValue) throws {
        #expect(try JSONValue(parsing: text) == expected)
        #expect(try JSONValue(parsing: ByteBuffer(string: text)) == expected)
        #expect(try JSONValue(parsing: Array(text.utf8)) == expected)
        #expect(try JSONValue(parsing: AnySequence(text.utf8)) == expected)
        #expect(try JSONValue(parsing: ByteBuffer(string: text).readableBytesView) == expected)
    }

    static let refused: [(String, Int, JSONError.Reason)] = [
        ("", 0, .unexpectedEnd), ("  ", 2, .unexpectedEnd), ("[", 1, .unexpectedEnd), ("[1,", 3, .unexpectedEnd),
        ("{\"a\"", 4, .unexpectedEnd), ("\"abc", 4, .unexpectedEnd), ("\"\\", 2, .unexpectedEnd),
        ("\"\\u12", 5, .unexpectedEnd), ("tru", 3, .unexpectedEnd), ("-", 1, .unexpectedEnd), ("1.", 2, .unexpectedEnd),
        ("1e+", 3, .unexpectedEnd),
        ("1 2", 2, .trailingData), ("{}x", 2, .trailingData), ("null\0", 4, .trailingData),
        ("[1,]", 3, .unexpectedCharacter), ("{\"a\":1,}", 7, .unexpectedCharacter), ("[1 2]", 3, .unexpectedCharacter),
        ("{a:1}", 1, .unexpectedCharacter), ("{\"a\" 1}", 5, .unexpectedCharacter), ("nul!", 3, .unexpectedCharacter),
        ("'a'", 0, .unexpectedCharacter), ("NaN", 0, .unexpectedCharacter), ("+1", 0, .unexpectedCharacter),
        (".5", 0, .unexpectedCharacter), ("\u{FEFF}\u{FEFF}1", 3, .unexpectedCharacter), ("é", 0, .unexpectedCharacter),
        ("// x\n1", 0, .unexpectedCharacter), ("\u{a0}1", 0, .unexpectedCharacter),
        ("01", 0, .invalidNumber), ("-01", 0, .invalidNumber), ("1.x", 2, .invalidNumber), ("1ex", 2, .invalidNumber),
        ("-x", 1, .invalidNumber),
        ("1e400", 0, .numberOutOfRange), ("[-1e999]", 1, .numberOutOfRange),
        ("\"a\nb\"", 2, .controlCharacter), ("\"\0\"", 1, .controlCharacter), ("\"\\n\u{1f}\"", 3, .controlCharacter),
        (#""\x""#, 1, .invalidEscape), (#""\u12g4""#, 1, .invalidEscape), (#""a\U0041""#, 2, .invalidEscape),
        (#""\ud83d""#, 1, .loneSurrogate), (#""\ude00""#, 1, .loneSurrogate), (#""\ud83dx""#, 1, .loneSurrogate),
        (#""\ud83d\n""#, 1, .loneSurrogate), (#""\ud83d\ud83d""#, 1, .loneSurrogate),
    ]

    @Test("Each mistake is refused with its place and reason", arguments: refused)
    func refuses(text: String, offset: Int, reason: JSONError.Reason) {
        #expect(throws: JSONError(offset: offset, reason: reason)) { try JSONValue(parsing: text) }
    }

    @Test(
        "Strings that are not UTF-8 are refused, with and without escapes",
        arguments: [[0x80], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xE2, 0x82], [0xFF]])
    func refusesInvalidUTF8(bytes: [UInt8]) {
        let quote = UInt8(ascii: "\"")
        let error = JSONError(offset: 1, reason: .invalidUTF8)
        #expect(throws: error) { try JSONValue(parsing: Array("[".utf8) + [quote] + bytes + Array("\"]".utf8)) }
        #expect(throws: error) { try JSONValue(parsing: Array("[\"\\n".utf8) + bytes + Array("\"]".utf8)) }
    }

    @Test("An error says what and where in one short phrase")
    func describesErrors() {
        let error = JSONError(offset: 12, reason: .unexpectedCharacter)
        #expect("\(error)" == "unexpected character at byte 12")
    }

    @Test("Nesting is bounded by the limit, and the limit by what a stack can hold")
    func boundsDepth() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(throws: Never.self) { try JSONValue(parsing: nested(64)) }
        #expect(throws: JSONError(offset: 64, reason: .tooDeep)) { try JSONValue(parsing: nested(65)) }
        let widest = JSONLimits(maxDepth: .max)
        #expect(widest.maxDepth == JSONLimits.deepest)
        #expect(throws: Never.self) { try JSONValue(parsing: nested(JSONLimits.deepest), limits: widest) }
        #expect(throws: JSONError(offset: JSONLimits.deepest, reason: .tooDeep)) {
            try JSONValue(parsing: String(repeating: "[", count: 1_000_000), limits: widest)
        }
        #expect(try JSONValue(parsing: "1", limits: JSONLimits(maxDepth: 0)) == 1)
    }

    @Test("The number of values is bounded")
    func boundsNodes() {
        let limits = JSONLimits(maxNodes: 3)
        #expect(throws: Never.self) { try JSONValue(parsing: "[1,2]", limits: limits) }
        #expect(throws: JSONError(offset: 5, reason: .tooManyValues)) {
            try JSONValue(parsing: "[1,2,3]", limits: limits)
        }
    }

    @Test("A quote is found at every distance from the start of an eight byte step", arguments: 0..<40)
    func findsSpecials(length: Int) throws {
        for filler in ["a", "!", "#", "[", "]", "\u{7f}"] {
            let text = String(repeating: filler, count: length)
            #expect(try JSONValue(parsing: "\"\(text)\"") == .string(text))
            #expect(try JSONValue(parsing: "\"\(text)\\n\(text)\"") == .string("\(text)\n\(text)"))
            #expect(throws: JSONError(offset: length + 1, reason: .controlCharacter)) {
                try JSONValue(parsing: "\"\(text)\u{1f}\(text)\"")
            }
        }
    }

    @Test("one byte order mark before the text is ignored, anywhere else it is an error")
    func byteOrderMark() throws {
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let text = Array(#"{"a":"\#u{FEFF}"}"#.utf8)
        #expect(try JSONValue(parsing: mark + text) == ["a": "\u{FEFF}"])
        for bytes in [
            mark + mark + text, text + mark, Array("[".utf8) + mark + Array("]".utf8), mark, Array(mark[..<2]),
        ] {
            #expect(throws: JSONError.self) { try JSONValue(parsing: bytes) }
        }
    }
}
