import PluginAPI
import Testing

@testable import RedisPlugin

@Suite("Redis protocol: replies")
struct RESPReaderTests {
    private func read(_ pieces: [String], limits: RESPLimits = RESPLimits()) throws -> [RESPValue] {
        let reader = RESPReader(limits: limits)
        var values: [RESPValue] = []
        for piece in pieces { try reader.read(ByteBuffer(string: piece)) { values.append($0) } }
        return values
    }

    private static let stream =
        "+OK\r\n-ERR no such thing\r\n:-42\r\n$5\r\nhe\r\no\r\n$0\r\n\r\n$-1\r\n*-1\r\n*0\r\n"
        + "*3\r\n$7\r\nmessage\r\n*2\r\n:1\r\n*1\r\n+x\r\n$-1\r\n:9223372036854775807\r\n"

    private static let values: [RESPValue] = [
        .status("OK"), .error("ERR no such thing"), .integer(-42), .bulk(ByteBuffer(string: "he\r\no")),
        .bulk(ByteBuffer()), .null, .null, .array([]),
        .array([
            .bulk(ByteBuffer(string: "message")), .array([.integer(1), .array([.status("x")])]), .null,
        ]),
        .integer(.max),
    ]

    @Test("every kind of reply is read")
    func kinds() throws {
        #expect(try read([Self.stream]) == Self.values)
    }

    @Test("wherever the bytes are cut, the replies are the same")
    func everySplit() throws {
        let bytes = Array(Self.stream.utf8)
        for cut in 0...bytes.count {
            let pieces = [bytes[..<cut], bytes[cut...]].map { String(decoding: $0, as: UTF8.self) }
            #expect(try read(pieces) == Self.values, "cut at \(cut)")
        }
        #expect(try read(bytes.map { String(decoding: [$0], as: UTF8.self) }) == Self.values)
    }

    @Test("a reply is handed over with the bytes that complete it")
    func promptness() throws {
        let reader = RESPReader()
        var count = 0
        try reader.read(ByteBuffer(string: "+OK\r\n$3\r\nab")) { _ in count += 1 }
        #expect(count == 1)
        try reader.read(ByteBuffer(string: "c\r\n")) { value in
            count += 1
            #expect(value == .bulk(ByteBuffer(string: "abc")))
        }
        #expect(count == 2)
    }

    @Test(
        "what is not the protocol is refused",
        arguments: [
            "HTTP/1.1 400 Bad Request\r\n", "?\r\n", ":abc\r\n", "$abc\r\n", "$-2\r\n", "*-2\r\n", "*x\r\n",
            "*99999999999999999999\r\n", "$99999999999999999999\r\n", "\0\0\0\0",
        ])
    func senseless(bytes: String) {
        let failure = #expect(throws: RedisFailure.self) { try read([bytes]) }
        #expect(failure?.kind == .senseless)
    }

    @Test("replies nest as deep as the reader goes, and no deeper")
    func depth() throws {
        #expect(try read([String(repeating: "*1\r\n", count: 7) + ":1\r\n"]).count == 1)
        #expect(throws: RedisFailure.self) { try read([String(repeating: "*1\r\n", count: 100)]) }
    }

    @Test("an announced length costs nothing until it is there, and too large a one is refused")
    func announcements() throws {
        #expect(throws: RedisFailure.self) { try read(["*2000000000\r\n"]) }
        let nested = String(repeating: "*1000000\r\n", count: 3)
        #expect(throws: RedisFailure.self) { try read([nested]) }
        // Half a gigabyte is announced, and nothing comes.
        #expect(try read(["$500000000\r\nabc"]).isEmpty)
    }

    @Test("a reply is bounded in bytes and in values, a line in bytes")
    func bounds() throws {
        let limits = RESPLimits(replyByteCount: 1_000, valueCount: 10, lineByteCount: 100)
        #expect(try read(["$900\r\n" + String(repeating: "x", count: 900) + "\r\n"], limits: limits).count == 1)
        let parts = ["*2\r\n:1\r\n$900\r\n"] + Array(repeating: String(repeating: "x", count: 300), count: 3) + ["\r\n"]
        #expect(try read(parts, limits: limits).count == 1)
        let long = #expect(throws: RedisFailure.self) {
            try read(["$5000\r\n", String(repeating: "x", count: 1_100)], limits: limits)
        }
        #expect(long?.description.contains("reply is too long") == true)
        for mark in ["+", "-", ":", "$", "*"] {
            let line = #expect(throws: RedisFailure.self) {
                try read([mark, String(repeating: "1", count: 200)], limits: limits)
            }
            #expect(line?.description.contains("line of a reply is too long") == true)
        }
        #expect(try read(["*9\r\n" + String(repeating: ":1\r\n", count: 9)], limits: limits).count == 1)
        #expect(throws: RedisFailure.self) {
            try read(["*6\r\n" + String(repeating: "*1\r\n:1\r\n", count: 6)], limits: limits)
        }
        // The bounds are for one reply, not for all that a connection ever says.
        let many = String(repeating: "*3\r\n:1\r\n:2\r\n:3\r\n", count: 500)
        #expect(try read([many], limits: limits).count == 500)
    }

    @Test("no bytes stop the process", arguments: 0..<20)
    func noise(seed: UInt64) {
        var random = SeededRandom(seed)
        let alphabet = Array("*$+-:0123456789\r\n\r\nabc".utf8)
        for _ in 0..<200 {
            let reader = RESPReader(limits: RESPLimits(replyByteCount: 10_000, valueCount: 100, lineByteCount: 100))
            for _ in 0..<10 {
                let bytes = (0..<Int.random(in: 0..<40, using: &random)).map { _ in
                    alphabet.randomElement(using: &random) ?? 0
                }
                guard (try? reader.read(ByteBuffer(bytes: bytes)) { _ in }) != nil else { break }
            }
        }
    }

    @Test("commands are written so that any bytes arrive")
    func commands() {
        var bytes = ByteBuffer()
        bytes.writeCommand(RedisCommand("SET", .text("schlüssel"), .bytes(ByteBuffer(bytes: [0, 13, 10, 255])), -7))
        var expected = ByteBuffer(string: "*4\r\n$3\r\nSET\r\n$10\r\nschlüssel\r\n$4\r\n")
        expected.writeBytes([0, 13, 10, 255])
        expected.writeString("\r\n$2\r\n-7\r\n")
        #expect(bytes == expected)
    }
}
