import Testing

@testable import PostgresPlugin

@Suite("PostgreSQL store: statements")
struct StatementTests {
    private static let all = Statement.all + Statement.aboutApps

    @Test("every statement about a tenant's rows names the tenant", arguments: Statement.all.map(\.name))
    func tenant(_ name: String) throws {
        let statement = try #require(Self.all.first { $0.name == name })
        #expect(statement.sql.contains("app_id"))
    }

    @Test("no two statements share a name")
    func names() {
        #expect(Set(Self.all.map(\.name)).count == Self.all.count)
        #expect(Self.all.count > 30)
    }

    @Test("values are bound, never part of the text", arguments: all.map(\.name))
    func bound(_ name: String) throws {
        let statement = try #require(Self.all.first { $0.name == name })
        let quoted = statement.sql.split(separator: "'", omittingEmptySubsequences: false).enumerated()
            .filter { !$0.offset.isMultiple(of: 2) }.map { String($0.element) }
        let known: Set = [
            "", "user", "open", "resolved", "READ", "SENT", "SENDING", "QUEUED", "DELIVERED", "FAILED", "object", "{}",
            "device_context", "identity", "name", "string", "user:", "device:", "app_id ", " ", "unknown", "epoch",
            "events", "1 millisecond", "waiting", "sent", "failed", "cancelled", "results", "push", "uses", "1 days",
            "7 days",
            "null", "14 days", "21 days", "28 days", "30 days", "{user,attributes}",
        ]
        for word in quoted { #expect(known.contains(word), "'\(word)'") }
    }
}
