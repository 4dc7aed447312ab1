import PluginAPI
import Testing

@testable import PostgresPlugin

extension TakingOver {
    @Suite("Keys of apps while both servers run")
    struct OldServerKeysTests {
        private let app = AppID("app-new")

        @Test("are known to ours when the old server makes or replaces one", arguments: SchemaAge.allCases)
        func byOld(_ age: SchemaAge) async throws {
            let database = try await TestDatabase.adopted(age, messages: 100)
            try await database.withStore { store in
                let old = OldServer(age: age, session: try SQLSession(database.url))
                try old.createApp("app-new", key: "first")
                let made = try #require(try await store.credentials(of: app))
                #expect(SaltedKeyHash(stored: made.keyHash)?.matches(key: "first") == true)

                // Ours lets two overlap; the old server's next rotation ends both.
                let end = Timestamp(milliseconds: 1_900_000_000_000)
                let hash = "\(SaltedKeyHash.make(key: "second"))"
                let now = Timestamp(milliseconds: 1_770_000_000_000)
                #expect(try await store.rotateKey(of: app, to: hash, previousExpiresAt: end, at: now))
                try old.rotateKey(of: "app-new", to: "third")
                let replaced = try #require(try await store.credentials(of: app))
                #expect(SaltedKeyHash(stored: replaced.keyHash)?.matches(key: "third") == true)
                #expect(replaced.previousKeyHash == nil)
            }
        }

        @Test("that ours replaces are refused by the old server too", arguments: SchemaAge.allCases)
        func byOurs(_ age: SchemaAge) async throws {
            let database = try await TestDatabase.adopted(age, messages: 100)
            try await database.withStore { store in
                let old = OldServer(age: age, session: try SQLSession(database.url))
                try old.createApp("app-new", key: "first")
                #expect(try old.accepts("first", for: "app-new"))
                let hash = "\(SaltedKeyHash.make(key: "second"))"
                let now = Timestamp(milliseconds: 1_770_000_000_000)
                #expect(try await store.rotateKey(of: app, to: hash, previousExpiresAt: nil, at: now))
                #expect(try !old.accepts("first", for: "app-new"))
                // The first age cannot check a hash.
                #expect(try old.accepts("second", for: "app-new") == (age != .plainKeys))
            }
        }

        @Test("of apps that ours makes are in no column in plain text", arguments: SchemaAge.allCases)
        func made(_ age: SchemaAge) async throws {
            let database = try await TestDatabase.adopted(age, messages: 100)
            try await database.withStore { store in
                let new = App(id: app, name: "Made by ours", createdAt: Timestamp(milliseconds: 1_770_000_000_000))
                let hash = SaltedKeyHash.make(key: "ours")
                try await store.createApp(new, keyHash: "\(hash)")
                #expect(try await store.credentials(of: app)?.keyHash == "\(hash)")
                let old = OldServer(age: age, session: try SQLSession(database.url))
                #expect(try old.accepts("ours", for: "app-new") == (age != .plainKeys))
                #expect(try await database.value("SELECT count(*) FROM apps WHERE api_key = 'ours'") == "0")
            }
        }
    }
}
