import PluginAPI
import Testing

@testable import PostgresPlugin

@Suite("Postgres driver: values", .timeLimit(.minutes(10)))
struct ValueTests {
    private func echo(_ pool: PostgresPool, _ type: String, _ value: SQLValue) async throws -> String? {
        let statement = Statement("echo \(type)", "SELECT $1::\(type)")
        return try await pool.read([Step(statement, value)]) { $0.first?.first { $0.optionalText(0) } ?? nil }
    }

    @Test("texts, numbers, truth values and nothing come back as they were bound")
    func scalars() async throws {
        try await TestDatabase().withPool { pool in
            let long = String(repeating: "ж𝄞\"'\\", count: 100_000)
            for text in ["", "a", "it's", "\"", "\\", "{}", "$1", "ünï\u{1F600}\n\t", "NULL", long] {
                #expect(try await echo(pool, "text", .text(text)) == text)
            }
            for number in [0, 1, -1, 10, Int64.max, .min] {
                let statement = Statement("number", "SELECT $1::int8")
                #expect(try await pool.read([Step(statement, .integer(number))]) { try $0[0][0].integer(0) } == number)
            }
            let truth = Statement("truth", "SELECT $1::bool, NOT $1::bool")
            let both = try await pool.read([Step(truth, .boolean(true))]) { rows in
                [try rows[0][0].boolean(0), try rows[0][0].boolean(1)]
            }
            #expect(both == [true, false])
            #expect(try await echo(pool, "text", .null) == nil)
        }
    }

    @Test("an array's elements may hold anything a text may")
    func arrays() async throws {
        let texts = ["", "a,b", "\"quoted\"", "back\\slash", "{brace}", "NULL", "line\nbreak", "ж"]
        try await TestDatabase().withPool { pool in
            let statement = Statement("unnest", "SELECT unnest($1::text[])")
            let found = try await pool.read([Step(statement, .texts(texts))]) { $0[0].map { $0.text(0) } }
            #expect(found == texts)
            #expect(try await pool.read([Step(statement, .texts([]))]) { $0[0].count } == 0)
        }
    }

    @Test(
        "instants come back to the millisecond, from year 1 to 9999",
        arguments: [
            -62_135_596_800_000, -62_135_596_799_999, -1, 0, 1, 120, 951_782_400_000, 1_769_681_757_120,
            4_102_444_799_999,
            253_402_300_799_999,
        ] as [Int64])
    func instants(milliseconds: Int64) async throws {
        let time = Timestamp(milliseconds: milliseconds)
        try await TestDatabase().withPool { pool in
            let statement = Statement("time", "SELECT $1::timestamp(3)")
            let found = try await pool.read([Step(statement, .time(time))]) { try $0[0][0].time(0) }
            #expect(found == time)
        }
    }

    @Test(
        "an instant that is none to us is unreadable, not a trap",
        arguments: [
            "infinity", "-infinity", "0044-03-15 12:00:00 BC", "20000-01-01",
        ])
    func strangeInstants(text: String) async throws {
        try await TestDatabase().withPool { pool in
            let statement = Statement("time", "SELECT $1::text::timestamp")
            await #expect(throws: ChatError.self) {
                try await pool.read([Step(statement, .text(text))]) { try $0[0][0].time(0) }
            }
        }
    }

    @Test("a NUL is refused before anything is sent")
    func nul() async throws {
        try await TestDatabase().withPool { pool in
            for value in [SQLValue.text("a\0b"), .texts(["a", "\0"])] {
                do {
                    _ = try await echo(pool, "text", value)
                    Issue.record("the text was cut")
                } catch let error as ChatError {
                    #expect(error.code == .validation)
                }
            }
        }
    }

    @Test("a statement that makes no sense is an internal error, and its connection goes on")
    func nonsense() async throws {
        try await TestDatabase().withPool({ $0.readConnections = 1 }) { pool in
            for sql in ["SELEC 1", "SELECT * FROM nowhere", "SELECT 1; SELECT 2", "COPY (SELECT 1) TO STDOUT"] {
                do {
                    _ = try await pool.read([Step(Statement(sql, sql))]) { $0.count }
                    Issue.record("\(sql) was taken")
                } catch let error as ChatError {
                    #expect([.internalError, .unavailable].contains(error.code))
                }
            }
            #expect(try await echo(pool, "text", .text("on")) == "on")
        }
    }
}
