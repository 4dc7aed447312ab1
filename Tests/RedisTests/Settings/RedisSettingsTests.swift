import PluginAPI
import Testing

@testable import RedisPlugin

@Suite("Redis settings")
struct RedisSettingsTests {
    private func settings(_ values: [(String, String)]) -> Settings {
        let entries = values.map { SettingsEntry($0.0, SettingsNode(text: $0.1, origin: .default), origin: .default) }
        return Settings(SettingsNode(.mapping(entries), origin: .default), schema: RedisOptions.schema)
    }

    private func read(_ values: [(String, String)]) throws -> RedisOptions { try RedisOptions(settings(values)) }

    private func problem(_ values: [(String, String)]) -> SettingsError? {
        do throws(SettingsError) {
            _ = try RedisOptions(settings(values))
            return nil
        } catch {
            return error
        }
    }

    @Test("a URL and settings of their own name the same server")
    func forms() throws {
        for values in [
            [("url", "redis://me:s%40crt@cache.example:6380/3")],
            [("url", "valkey://me:s%40crt@cache.example:6380?db=3")],
            [
                ("host", "cache.example"), ("port", "6380"), ("username", "me"), ("password", "s@crt"),
                ("database", "3"),
            ],
        ] {
            let options = try read(values)
            #expect(options.server == .fixed(.host("cache.example", port: 6380)) && options.database == 3)
            #expect(options.credentials == .init(username: "me", password: Secret("s@crt")) && options.tls == nil)
        }
    }

    @Test("what is not said has its default")
    func defaults() throws {
        let options = try read([("url", "redis://h")])
        #expect(options.server == .fixed(.host("h", port: 6379)) && options.credentials == nil && options.database == 0)
        #expect(options.prefix == "rq:" && options.queueLimit == 10_000 && options.queueByteCount == 64 << 20)
        #expect(options.connectTimeout == .seconds(3) && options.commandTimeout == .seconds(5))
        #expect(try read([("url", "redis://:pw@h")]).credentials == .init(username: nil, password: Secret("pw")))
        #expect(try read([("url", "redis://")]).server == .fixed(.host("localhost", port: 6379)))
        #expect(try read([("url", "redis://[::1]:7000/")]).server == .fixed(.host("::1", port: 7000)))
        let socket = try read([("url", "unix:///run/redis.sock?db=2")])
        #expect(socket.server == .fixed(.socket(path: "/run/redis.sock")) && socket.database == 2)
        #expect(try read([("url", "rediss://h")]).tls == RedisTLS())
        #expect(try read([("host", "/run/redis.sock")]).server == .fixed(.socket(path: "/run/redis.sock")))
    }

    @Test("Sentinels are a list with a name")
    func sentinels() throws {
        let options = try read([("sentinels", "a, b:7,[::1]:8"), ("sentinel_master", "chat"), ("password", "x")])
        let expected: [RedisAddress] = [.host("a", port: 26379), .host("b", port: 7), .host("::1", port: 8)]
        #expect(options.server == .sentinels(expected, master: "chat") && options.credentials != nil)
        #expect(problem([("sentinels", "a")])?.path == "settings.sentinel_master")
        #expect(problem([("sentinel_master", "a"), ("host", "h")])?.path == "settings.sentinel_master")
        #expect(problem([("sentinels", "a"), ("sentinel_master", "m"), ("host", "h")])?.path == "settings.host")
        #expect(
            problem([("sentinels", "a b"), ("sentinel_master", "m")])?.path.hasPrefix("settings.sentinels") == true)
    }

    @Test("a cluster is entered by any of its nodes")
    func cluster() throws {
        let one = try read([("url", "redis://me:pw@h:7"), ("cluster", "true")])
        #expect(one.server == .cluster([.host("h", port: 7)]) && one.isCluster && one.credentials != nil)
        let more = try read([("url", "redis://h"), ("cluster", "true"), ("cluster_nodes", "a:1, b")])
        #expect(more.server == .cluster([.host("h", port: 6379), .host("a", port: 1), .host("b", port: 6379)]))
        #expect(try read([("cluster", "true"), ("cluster_nodes", "a:1")]).server == .cluster([.host("a", port: 1)]))
        #expect(problem([("cluster", "true")])?.path == "settings.url")
        #expect(problem([("host", "h"), ("cluster_nodes", "a")])?.path == "settings.cluster_nodes")
        #expect(problem([("host", "h"), ("cluster", "true"), ("database", "1")])?.path == "settings.database")
        #expect(problem([("url", "redis://h/1"), ("cluster", "true")])?.path == "settings.url")
        #expect(problem([("url", "unix:///run/redis.sock"), ("cluster", "true")])?.path == "settings.cluster")
        let both = [("sentinels", "a"), ("sentinel_master", "m"), ("cluster", "true")]
        #expect(problem(both)?.path == "settings.cluster")
    }

    @Test("TLS is one whole")
    func tls() throws {
        let options = try read([
            ("host", "h"), ("tls", "true"), ("tls_ca", "/ca"), ("tls_certificate", "/c"), ("tls_key", "/k"),
            ("tls_verify", "certificate"),
        ])
        let expected = RedisTLS(authorities: "/ca", certificate: "/c", key: "/k", verification: .certificate)
        #expect(options.tls == expected)
        #expect(problem([("host", "h"), ("tls", "true"), ("tls_key", "/k")])?.path == "settings.tls_key")
        #expect(problem([("host", "h"), ("tls_ca", "/ca")])?.path == "settings.tls_ca")
    }

    @Test(
        "what is wrong is said at its place, and no part of a password with it",
        arguments: [
            ("redis://me:hunter2@h:port/0", "host:port"), ("redis://me:hunter2/x@h/y", "database"),
            ("redis://me:hunter2@h/db", "database"), ("redis://me@h", "password"), ("http://me:hunter2@h", "redis://"),
            ("h:6379", "redis://"), ("redis://me:hunter2%zz@h", "%"), ("redis://h:1?hunter2@h", "%3F"),
            ("redis://h?frobnicate=1", "frobnicate"), ("unix://run/redis.sock", "path"),
            ("redis://h:99999", "host:port"),
        ])
    func refusals(url: String, word: String) throws {
        let error = try #require(problem([("url", url)]))
        #expect(error.path == "settings.url" && error.message.contains(word), "\(error)")
        #expect(!error.message.contains("hunter2"))
    }

    @Test(
        "other values that cannot be are refused",
        arguments: [
            ("port", "0"), ("database", "-1"), ("connect_timeout", "1ms"), ("command_timeout", "2h"),
            ("queue_limit", "0"),
            ("queue_bytes", "1"), ("tls_verify", "maybe"), ("prefix", "a b"), ("prefix", "{x}"),
            ("username", "me"), ("url", "redis://other"),
        ])
    func bounds(name: String, value: String) throws {
        let error = try #require(problem([("host", "h"), (name, value)]))
        #expect(error.path == "settings.\(name)" || name == "url" && error.path == "settings.host")
    }

    @Test("a server has to be named")
    func required() {
        #expect(problem([])?.path == "settings.url")
    }
}
