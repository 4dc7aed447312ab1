import PluginAPI
import Testing

@testable import SocketIOBridgePlugin

/// The bytes were made with another implementation, Python's msgpack.
@Suite("MessagePack")
struct MessagePackTests {
    private static let samples: [(JSONValue, String)] = [
        (0, "00"), (127, "7f"), (128, "cc80"), (255, "ccff"), (256, "cd0100"), (65_535, "cdffff"),
        (65_536, "ce00010000"), (4_294_967_295, "ceffffffff"), (4_294_967_296, "cf0000000100000000"),
        (.int(.max), "cf7fffffffffffffff"), (-1, "ff"), (-32, "e0"), (-33, "d0df"), (-128, "d080"), (-129, "d1ff7f"),
        (-32_768, "d18000"), (-32_769, "d2ffff7fff"), (-2_147_483_648, "d280000000"),
        (-2_147_483_649, "d3ffffffff7fffffff"), (.int(.min), "d38000000000000000"), (1.5, "cb3ff8000000000000"),
        (-0.25, "cbbfd0000000000000"), (1e300, "cb7e37e43c8800759c"), (true, "c3"), (false, "c2"), (.null, "c0"),
        ("", "a0"), (.string(String(repeating: "a", count: 31)), "bf" + String(repeating: "61", count: 31)),
        ("Zoë 👋🏽", "ad5a6fc3ab20f09f918bf09f8fbd"), ([], "90"), ([1, [2, [3]]], "920192029103"), ([:], "80"),
        (["a": 1, "b": ["c": [.null, true]]], "82a16101a16281a16392c0c3"),
        (.array((0..<20).map { .int($0) }), "dc0014000102030405060708090a0b0c0d0e0f10111213"),
        ([.string(String(repeating: "x", count: 300))], "91da012c" + String(repeating: "78", count: 300)),
    ]

    @Test("what another implementation writes is read, and written byte for byte the same", arguments: samples.indices)
    func same(_ index: Int) throws {
        let (value, hex) = Self.samples[index]
        let read = try MessagePackReader.read(ByteBuffer(hex: hex))
        #expect(read == value)
        var written = ByteBuffer()
        written.writeMessagePack(value)
        #expect(written.hex == hex)
    }

    @Test("lengths of every width are read back")
    func lengths() async throws {
        for count in [15, 16, 31, 32, 255, 256, 65_535, 65_536] {
            await Task.yield()
            let values: [JSONValue] = [
                .string(String(repeating: "é", count: count)), .array(Array(repeating: 7, count: count)),
                .object(JSONObject((0..<count).map { ("key \($0)", .int(Int64($0))) })),
            ]
            for value in values {
                var bytes = ByteBuffer()
                bytes.writeMessagePack(value)
                #expect(try MessagePackReader.read(bytes, limits: MessagePackLimits(values: 200_000)) == value)
            }
        }
    }

    private static let others: [(String, JSONValue)] = [
        ("d40000", .null),  // undefined
        ("d7ff77359400697b2fa0", "2026-01-29T10:00:00.500Z"), ("d6ff697b2fa0", "2026-01-29T10:00:00.000Z"),
        ("c70cff1dcd6500ffffffffffffffff", "1969-12-31T23:59:59.500Z"),
        ("d7000000019c09320900", "2026-01-29T10:00:00.000Z"),  // a date of older encoders: milliseconds
        ("c70cff000000007fffffffffffffff", .null), ("d7007fffffffffffffff", .null),
        ("cb7ff8000000000000", .null), ("cb7ff0000000000000", .null), ("ca3fc00000", 1.5),
        ("cfffffffffffffffff", .double(18_446_744_073_709_551_616)), ("8107a178", ["7": "x"]),
        ("82a16101a16102", ["a": 2]),
    ]

    @Test("what only JavaScript has becomes what JSON would show", arguments: others.indices)
    func foreign(_ index: Int) throws {
        let (hex, value) = Self.others[index]
        #expect(try MessagePackReader.read(ByteBuffer(hex: hex)) == value)
    }

    @Test(
        "what cannot be taken is refused with the reason",
        arguments: [
            ("", MessagePackFailure.truncated), ("c1", .unsupported), ("c403616263", .binary),
            ("c50003616263", .binary),
            ("d40102", .unsupported), ("c70205ffff", .unsupported), ("0000", .trailingBytes), ("a1ff", .invalidText),
            ("a2c328", .invalidText), ("81c001", .invalidKey), ("8190c0", .invalidKey),
            // More is announced than there is.
            ("ddffffffff", .truncated), ("dfffffffff", .truncated), ("dbffffffff", .truncated),
            ("dd08000000dd08000000dd08000000", .truncated), ("c9ffffffff00", .truncated),
        ])
    func refused(_ hex: String, _ failure: MessagePackFailure) throws {
        let bytes = try ByteBuffer(hex: hex)
        #expect(throws: failure) { try MessagePackReader.read(bytes) }
    }

    @Test("nesting and the number of values have bounds")
    func bounds() throws {
        func nested(_ depth: Int) throws -> ByteBuffer {
            try ByteBuffer(hex: String(repeating: "91", count: depth) + "01")
        }
        #expect(throws: Never.self) { try MessagePackReader.read(try nested(32)) }
        #expect(throws: MessagePackFailure.tooDeep) { try MessagePackReader.read(try nested(33)) }
        #expect(throws: MessagePackFailure.tooDeep) { try MessagePackReader.read(try nested(500_000)) }
        let many = try ByteBuffer(hex: "dc0064" + String(repeating: "00", count: 100))
        #expect(throws: MessagePackFailure.tooManyValues) {
            try MessagePackReader.read(many, limits: MessagePackLimits(values: 100))
        }
        #expect(throws: Never.self) { try MessagePackReader.read(many, limits: MessagePackLimits(values: 101)) }
    }

    @Test("cut anywhere, nothing is taken for whole", arguments: samples.indices)
    func cut(_ index: Int) throws {
        let bytes = try ByteBuffer(hex: Self.samples[index].1)
        for length in 0..<bytes.readableBytes {
            let part = try #require(bytes.getSlice(at: bytes.readerIndex, length: length))
            #expect(throws: MessagePackFailure.truncated) { try MessagePackReader.read(part) }
        }
    }
}
