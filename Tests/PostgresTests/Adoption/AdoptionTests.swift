import PluginAPI
import Testing

@testable import PostgresPlugin

extension TakingOver {
    @Suite("Taking a database over")
    struct AdoptionTests {
        @Test(
            "changes no value that the old server wrote, and derives ours from all rows", arguments: SchemaAge.allCases)
        func keepsRows(_ age: SchemaAge) async throws {
            let database = try await TestDatabase.reference(age, messages: age == .plainKeys ? 200_000 : 5_000)
            let (before, after, again) = try await database.schemaWork { connection in
                let before = try ReferenceDatabase.digests(age, on: connection)
                try Adopter(connection: connection).adopt(from: age)
                let after = try ReferenceDatabase.digests(age, on: connection)
                // A second run finds nothing to do.
                #expect(try Adopter(connection: connection).pending(from: age).isEmpty)
                try Adopter(connection: connection).adopt(from: age)
                return (before, after, try ReferenceDatabase.digests(age, on: connection))
            }
            #expect(before["messages"]?.hasPrefix(age == .plainKeys ? "200000 rows" : "5000 rows") == true)
            #expect(before == after)
            #expect(after == again)
            for (rule, question) in DerivedColumns.questions {
                #expect(try await database.value(question) == "0", "\(rule)")
            }
            let twins = "SELECT count(*) > 0 FROM conversations WHERE superseded_by IS NOT NULL"
            #expect(try await database.value(twins) == "t")
        }

        @Test("leaves each app the keys that the old server takes", arguments: SchemaAge.allCases)
        func keys(_ age: SchemaAge) async throws {
            let database = try await TestDatabase.adopted(age, messages: 200)
            let rows = try await database.run(
                "SELECT 'key_' || md5('key ' || i), api_key_hash, previous_key_hash, api_key FROM apps, "
                    + "LATERAL (SELECT right(id, 1) AS i) n ORDER BY id")
            try #require(rows.count == 3)
            for row in rows {
                let hash = try #require(SaltedKeyHash(stored: row[1] ?? ""))
                #expect(hash.matches(key: row[0] ?? ""))
            }
            if age == .plainKeys {
                #expect(rows.allSatisfy { $0[3] == $0[0] && $0[2] == nil })
            } else {
                #expect(rows[1][3] == nil)
                let previous = try #require(SaltedKeyHash(stored: rows[2][2] ?? ""))
                #expect(previous.matches(key: "another key"))
            }
        }

        @Test("ends, when finalized, in the schema that a new database has", arguments: SchemaAge.allCases)
        func finalized(_ age: SchemaAge) async throws {
            let new = try await TestDatabase().schemaWork { connection in
                for migration in Migration.all { try migration.statements.forEach { try connection.execute($0) } }
                return try Catalogue(reading: connection)
            }
            let database = try await TestDatabase.adopted(age, isFinal: true)
            let final = try await database.schemaWork { try Catalogue(reading: $0) }
            for (name, table) in new.tables {
                let taken = try #require(final.tables[name])
                for (column, expected) in table.columns {
                    let actual = try #require(taken.columns[column], "\(name).\(column)")
                    #expect(actual.type == expected.type, "\(name).\(column)")
                    #expect(actual.isNullable == expected.isNullable, "\(name).\(column)")
                    #expect(actual.hasDefault || !expected.hasDefault, "\(name).\(column)")
                }
                for index in table.indexes where !index.isPrimary {
                    let actual = try #require(taken.indexes.first { $0.name == index.name }, "\(index.name)")
                    #expect(actual == index)
                }
            }
            let names = Set(final.tables["messages"]?.indexes.map(\.name) ?? [])
            #expect(names == Set(new.tables["messages"]?.indexes.map(\.name) ?? []))
            let left =
                "SELECT (SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'replyhq%') + "
                + "(SELECT count(*) FROM pg_proc WHERE proname LIKE 'replyhq%')"
            #expect(try await database.value(left) == "0")
            #expect(try await database.value("SELECT count(*) FROM apps WHERE api_key IS NOT NULL") == "0")
            let isAhead = "SELECT nextval('messages_sequence_seq') > max(sequence) FROM messages"
            #expect(try await database.value(isAhead) == "t")
            for (rule, question) in DerivedColumns.questions {
                #expect(try await database.value(question) == "0", "\(rule)")
            }
            #expect(try await database.schemaWork { try Adopter(connection: $0).finalPending().isEmpty })
        }

        @Test("does not begin while rows stand in the way, and says which")
        func obstacles() async throws {
            let database = try await TestDatabase.reference(.indexed, messages: 100)
            try await database.run("UPDATE messages SET sender = 'bot' WHERE id = (SELECT min(id) FROM messages)")
            try await database.run(
                "UPDATE conversations SET metadata = '7' WHERE id = (SELECT min(id) FROM conversations)")
            let problems = try await database.schemaWork { connection in
                do {
                    try Adopter(connection: connection).adopt(from: .indexed)
                    return [String]()
                } catch let error as AdoptionError {
                    #expect(try SchemaState.read(connection) == .reference(.indexed))
                    return error.obstacles
                }
            }
            #expect(problems.count == 2)
            #expect(problems.contains { $0.hasPrefix("messages.sender has words") && $0.hasSuffix(": bot") })
            #expect(problems.contains { $0.hasPrefix("conversations.metadata is no JSON object") })
        }

        @Test("does not begin as a role that does not own the tables")
        func notOwner() async throws {
            let database = try await TestDatabase.reference(.rowSecurity, messages: 100)
            let guest = "guest_\(database.name)"
            try await database.run("CREATE ROLE \(guest); GRANT ALL ON ALL TABLES IN SCHEMA public TO \(guest)")
            let problems = try await database.schemaWork { connection in
                try connection.execute("SET ROLE \(guest)")
                return try Adoption.obstacles(connection)
            }
            #expect(problems.contains("this role does not own messages; connect as its owner"))
            #expect(problems.contains("this role may not create in the schema public"))
        }

        @Test("is not finalized before it was adopted")
        func order() async throws {
            let database = try await TestDatabase.reference(.indexed, messages: 100)
            await #expect(throws: AdoptionError.self) {
                try await database.schemaWork { try Adopter(connection: $0).finalize() }
            }
        }
    }
}
