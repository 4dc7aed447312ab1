import NIOCore
import PluginAPI
import Testing

/// The same numbers in every run, so that a failure can be repeated.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}

@Suite("JSON fuzz")
struct JSONFuzzTests {
    @Test("20 000 random byte strings never trap, and what is accepted survives a round trip")
    func randomBytes() throws {
        var random = SeededGenerator(state: 1)
        let alphabet = Array("{}[]\",:\\u0129dD8beE+-.tfnrualse \n\u{1f}é😀".utf8) + [0x80, 0xFF, 0xED, 0xA0]
        var accepted = 0
        for round in 0..<20_000 {
            let length = Int.random(in: 0..<24, using: &random)
            let bytes = (0..<length).map { _ in
                round.isMultiple(of: 4)
                    ? UInt8.random(in: 0...255, using: &random)
                    : alphabet[Int.random(in: 0..<alphabet.count, using: &random)]
            }
            guard let value = try? JSONValue(parsing: bytes) else { continue }
            accepted += 1
            #expect(try JSONValue(parsing: value.serialized()) == value)
        }
        #expect(accepted > 100)
    }

    @Test("A valid text damaged in one byte never traps, and cut short is always refused")
    func mutations() throws {
        let text = Array(
            (#"{"event":"message:new","n":[-12.5e3,0,9007199254740993],"#
                + #""t":"a\u00e9\ud83d\ude00 é","o":{"x":null,"y":true}}"#).utf8)
        #expect(throws: Never.self) { try JSONValue(parsing: text) }
        var refused = 0
        for place in text.indices {
            #expect(throws: JSONError.self) { try JSONValue(parsing: text[..<place]) }
            for byte in UInt8.min...UInt8.max {
                var damaged = text
                damaged[place] = byte
                do { _ = try JSONValue(parsing: damaged) } catch {
                    refused += 1
                    #expect((0...text.count).contains(error.offset))
                }
            }
        }
        #expect(refused > text.count * 100)
    }

    @Test("2 000 random values survive a round trip")
    func roundTrips() async throws {
        var random = SeededGenerator(state: 2)
        for _ in 0..<2_000 {
            await Task.yield()
            let value = Self.value(depth: 4, using: &random)
            #expect(try JSONValue(parsing: value.serialized()) == value)
        }
    }

    @Test("A text is read from any place of a buffer")
    func bufferOffsets() throws {
        for offset in 0..<16 {
            var buffer = ByteBuffer(repeating: 0x22, count: offset)
            buffer.writeString(#"["a quoted \" text",1]"#)
            buffer.moveReaderIndex(forwardBy: offset)
            #expect(try JSONValue(parsing: buffer) == ["a quoted \" text", 1])
        }
    }

    private static func value(depth: Int, using random: inout SeededGenerator) -> JSONValue {
        switch Int.random(in: 0..<(depth == 0 ? 5 : 7), using: &random) {
        case 0: return .null
        case 1: return .bool(.random(using: &random))
        case 2: return .int(Int64(bitPattern: random.next()) >> Int64.random(in: 0..<64, using: &random))
        case 3:
            let number = Double(bitPattern: random.next())
            return .double(number.isFinite ? number : 0.5)
        case 4: return .string(text(using: &random))
        case 5:
            let count = Int.random(in: 0..<6, using: &random)
            return .array((0..<count).map { _ in value(depth: depth - 1, using: &random) })
        default:
            let count = Int.random(in: 0..<24, using: &random)
            return .object(
                JSONObject((0..<count).map { _ in (text(using: &random), value(depth: depth - 1, using: &random)) }))
        }
    }

    private static func text(using random: inout SeededGenerator) -> String {
        var text = ""
        for _ in 0..<Int.random(in: 0..<20, using: &random) {
            let limit: UInt32 = Bool.random(using: &random) ? 0x80 : 0x11_0000
            if let scalar = Unicode.Scalar(UInt32.random(in: 0..<limit, using: &random)) {
                text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}
