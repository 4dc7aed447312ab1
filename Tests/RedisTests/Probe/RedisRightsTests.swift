import Foundation
import PluginAPI
import Testing

@testable import RedisPlugin

extension RedisRights {
    /// A user who has them and no others, but for some.
    func user(_ name: String, password: String, without missing: String? = nil) -> [String] {
        ["ACL", "SETUSER", name, "reset", "on", ">\(password)", "-@all"]
            + line.split(separator: " ").map(String.init).filter { $0 != missing }
    }
}

@Suite("Redis: rights", .timeLimit(.minutes(10)))
struct RedisRightsTests {
    private static let single = RedisRights(prefix: "rq:", isCluster: false)
    /// Two are not missed: SELECT without a database, and HELLO, which this version of Redis lets everybody say.
    private static let found = single.line.split(separator: " ").map(String.init)
        .filter { !["+select", "+hello"].contains($0) }

    @Test("the README lists what is tried, for one server and for a cluster")
    func readme() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../Plugins/Redis")
        let text = try String(contentsOf: folder.appending(path: "README.md"), encoding: .utf8)
        let words = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        for isCluster in [false, true] {
            let line = RedisRights(prefix: "rq:", isCluster: isCluster).line
            #expect(words.contains("ACL SETUSER replyhq on >… \(line)"), "\(line)")
        }
    }

    @Test("every command of the scripts is among them, and every step of the trial needs one of them")
    func scripts() {
        let rights = Set(Self.single.commands)
        for script in LeaseScripts.all + BucketScripts.all {
            for call in script.source.matches(of: /redis\.call\('([A-Z]+)'/) {
                #expect(rights.contains(call.1.lowercased()), "\(call.1)")
            }
        }
        let cluster = Set(RedisRights(prefix: "rq:", isCluster: true).commands)
        for (tag, rights) in [(String?.none, rights), ("0", cluster)] {
            let trial = RedisTrial(prefix: "rq:", database: 0, tag: tag, id: "id")
            let tried = Set(trial.steps.map(\.right))
            #expect(tried.isSubset(of: rights))
            // What is left is needed to come so far.
            let others = ["hello", "select", "publish", "subscribe", "unsubscribe"]
            let clusterOthers = [
                "hello", "cluster|info", "cluster|slots", "asking", "spublish", "ssubscribe", "sunsubscribe",
            ]
            #expect(rights.subtracting(tried) == Set(tag == nil ? others : clusterOthers))
        }
    }

    @Test("a right that is missing is found at the start, and named in the server's words", arguments: found)
    func missing(right: String) async throws {
        let server = try await RedisServer()
        try await server.run(Self.single.user("chat", password: "s3cret", without: right))
        let bench = try await PluginBench()
        let plugin = try bench.plugin(
            [("url", "redis://chat:s3cret@127.0.0.1:\(server.port)")], isRequired: true,
            startPatience: .seconds(60))
        let error = await #expect(throws: Unusable.self) { try await bench.start(plugin) }
        await plugin.stop()
        try await bench.close()
        let text = error?.description ?? ""
        let word = right.first == "+" ? "'\(right.dropFirst())'" : right.first == "~" ? "keys" : "channels"
        #expect(text.contains("NOPERM") && text.contains(word) && text.contains(Self.single.line), "\(text)")
        #expect(!text.contains("s3cret"))
    }

    @Test("the trial leaves no keys behind")
    func leavesNothing() async throws {
        let server = try await RedisServer()
        try await withClient(server.options) { client in
            try await client.connect()
            #expect(try await server.run(["DBSIZE"]) == [.integer(0)])
        }
    }
}
