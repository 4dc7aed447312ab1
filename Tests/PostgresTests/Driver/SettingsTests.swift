import PluginAPI
import Testing

@testable import PostgresPlugin

@Suite("Postgres settings")
struct PostgresSettingsTests {
    private func node(_ values: [(String, String)]) -> SettingsNode {
        let entries = values.map { SettingsEntry($0.0, SettingsNode(text: $0.1, origin: .default), origin: .default) }
        return SettingsNode(.mapping(entries), origin: .default)
    }

    private func read(_ values: [(String, String)]) throws -> PostgresOptions {
        let node = node(values)
        #expect(PostgresOptions.schema.validate(node).isEmpty)
        return try PostgresOptions(Settings(node, schema: PostgresOptions.schema))
    }

    private func problem(_ values: [(String, String)]) -> SettingsError? {
        do {
            _ = try PostgresOptions(Settings(node(values), schema: PostgresOptions.schema))
            return nil
        } catch {
            return error
        }
    }

    @Test("a URL, pairs, or settings of their own name the same server")
    func forms() throws {
        for values in [
            [("url", "postgres://me:s%40crt@db.example:6432/chat")],
            [("url", "postgresql://me:s%40crt@db.example:6432/chat?sslmode=prefer")],
            [("url", "host=db.example port=6432 user=me password='s@crt' dbname=chat")],
            [("host", "db.example"), ("port", "6432"), ("user", "me"), ("password", "s@crt"), ("database", "chat")],
        ] {
            let connection = try read(values).connection
            #expect(connection["host"] == "db.example" && connection["port"] == "6432")
            #expect(connection["user"] == "me" && connection["password"] == "s@crt" && connection["dbname"] == "chat")
            #expect(connection["target_session_attrs"] == "read-write" && connection["connect_timeout"] == "5")
            #expect(connection.summary == "db.example:6432/chat")
        }
    }

    @Test("parameters of other clients' URLs are understood or passed over, libpq's are kept")
    func otherClients() throws {
        let options = try read([
            ("url", "postgres://me@h/d?schema=chat&connection_limit=5&sslmode=require&pgbouncer=true&connect_timeout=9")
        ])
        #expect(options.connection.searchPath == "chat" && !options.preparesStatements)
        #expect(options.connection["sslmode"] == "require" && options.connection["connect_timeout"] == "9")
        #expect(options.connection["connection_limit"] == nil && !options.connection.sendsSessionOptions)
        #expect(try read([("url", "postgres://h/d?schema=a"), ("schema", "b")]).connection.searchPath == "b")
    }

    @Test("several hosts, with their ports, stay a list")
    func hosts() throws {
        let connection = try read([("url", "postgres://me@a:1,b:2/d?target_session_attrs=any")]).connection
        #expect(connection["host"] == "a,b" && connection["port"] == "1,2")
        #expect(connection["target_session_attrs"] == "any")
    }

    @Test(
        "what is wrong is said at its place, and no part of a password with it",
        arguments: [
            ("postgres://me:hunter2@h:port/d", "port"), ("postgres://me:hunter2/x@h/d", "port"),
            ("postgres://me:hun@ter2@h/d", "@"), ("postgres://me:hunter2%zz@h/d", "neither"),
            ("mysql://me:hunter2@h/d", "postgres://"), ("password=hunter2 nonsense", "neither"),
            ("postgres://me:hunter2@h/d?frobnicate=1", "frobnicate"), ("", "required"),
            ("postgres://me:hunter2@h/d?schema=a;drop", "schema"),
        ])
    func refusals(url: String, word: String) throws {
        let error = try #require(problem(url.isEmpty ? [] : [("url", url)]))
        #expect(error.path == "settings.url" && error.message.contains(word), "\(error)")
        #expect(!error.message.contains("hunter2") && !error.message.contains("ter2"))
    }

    @Test(
        "values out of bounds are refused",
        arguments: [
            ("write_connections", "5"), ("read_connections", "0"), ("connect_timeout", "1s"), ("queue_limit", "0"),
            ("statement_timeout", "1ms"), ("sslmode", "sometimes"), ("target_session_attrs", "best"), ("port", "x"),
            ("migrate", "maybe"), ("schema", "a b"), ("row_level_security", "perhaps"), ("replica_lag_limit", "1ms"),
        ])
    func bounds(name: String, value: String) throws {
        let error = try #require(problem([("host", "h"), (name, value)]))
        #expect(error.path == "settings.\(name)")
    }

    @Test("a replica is reached as the primary is, but for what its URL says, and is to be a standby")
    func replicas() throws {
        let options = try read([
            (
                "url",
                "postgres://me:s%40crt@db.example:6432/chat?sslmode=require&target_session_attrs=any&pgbouncer=true"
            ),
            ("schema", "own"), ("statement_timeout", "3s"),
            ("replicas", "postgres://one.example,postgres://reader@two.example:7000/chat"),
        ])
        let (one, two) = (options.replicas[0], options.replicas[1])
        #expect(options.replicas.count == 2 && options.replicaLagLimit == .milliseconds(250))
        #expect(one.summary == "one.example/chat" && one["port"] == nil && one["user"] == "me")
        #expect(one["password"] == "s@crt" && one["sslmode"] == "require" && one.searchPath == "own")
        #expect(one["target_session_attrs"] == "standby" && one.statementTimeout == .seconds(3))
        #expect(two["user"] == "reader" && two["port"] == "7000")
        let pool = options.reading(from: one)
        #expect(pool.writeConnections == 0 && pool.preparesStatements && pool.connection.sendsSessionOptions)
        #expect(try read([("url", "postgres://h/d")]).replicas.isEmpty)
    }

    @Test(
        "a replica that cannot be one is refused with its place in the list, and no part of a password with it",
        arguments: [
            ("postgres://a,mysql://me:hunter2@b", "replica 2"), ("postgres://me:hunter2@a?pgbouncer=true", "pooler"),
            ("dbname=chat", "no host"), ("postgres://me:hun@ter2@a", "@"),
        ])
    func refusedReplicas(list: String, word: String) throws {
        let error = try #require(problem([("host", "h"), ("replicas", list)]))
        #expect(error.path == "settings.replicas" && error.message.contains(word), "\(error)")
        #expect(!error.message.contains("hunter2") && !error.message.contains("ter2"))
    }

    @Test("sessions are set up for what they are for, and what the operator adds counts last")
    func sessions() throws {
        var connection = try read([
            ("url", "postgres://h/d?options=-c%20work_mem%3D8MB&keepalives_idle=7"), ("schema", "chat"),
            ("statement_timeout", "1500ms"),
        ]).connection
        func value(_ name: String, _ role: ConnectionOptions.Role) -> String {
            connection.keywords(for: role).last { $0.name == name }?.value ?? ""
        }
        #expect(value("options", .write).contains("statement_timeout=1500"))
        #expect(value("options", .read).contains("search_path=chat"))
        for limit in ["statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"] {
            #expect(value("options", .schema).contains("-c \(limit)=0"))
        }
        #expect(value("options", .schema).contains("row_security=off"))
        #expect(!value("options", .write).contains("row_security"))
        #expect(value("options", .write).hasSuffix("-c work_mem=8MB"))
        #expect(value("keepalives_idle", .write) == "7" && value("client_encoding", .write) == "UTF8")
        connection.sendsSessionOptions = false
        #expect(value("options", .write) == "-c work_mem=8MB" && connection.preamble != nil)
    }
}
