import HostCore
import PluginAPI
import Testing

@Suite("The order of starting plugins")
struct StartOrderTests {
    private func entry(
        _ name: String,
        _ line: Int,
        optional: Bool = false,
        provides: [CapabilityName] = [],
        requires: [CapabilityName] = [],
        wants: [CapabilityName] = [],
        follows: [CapabilityName] = [],
        failure: String? = nil
    ) -> StartEntry {
        StartEntry(
            name: name, position: "c.yaml:\(line)", isRequired: !optional,
            provides: provides, requires: requires, wants: wants, follows: follows, failure: failure
        )
    }

    private func problems(
        _ entries: [StartEntry],
        host: Set<CapabilityName> = [],
        candidates: [CapabilityName: [String]] = [:]
    ) -> [String] {
        do {
            let order = try StartOrder(entries, hostProvides: host, candidates: candidates)
            return ["started \(order.names)"]
        } catch {
            return error.description.split(separator: "\n").map(String.init)
        }
    }

    private var usual: [StartEntry] {
        [
            entry("Rest", 1, requires: ["chat"], wants: ["presence"]),
            entry("SocketIO", 2, provides: ["socketio"], requires: ["chat", "presence"]),
            entry("Metrics", 3),
            entry("Chat", 4, provides: ["chat"], requires: ["store"], follows: ["push"]),
            entry("Push", 7, provides: ["push"], requires: ["store"], follows: ["presence"]),
            entry("Presence", 5, provides: ["presence"], wants: ["bus"]),
            entry("SQLite", 6, provides: ["store"]),
        ]
    }

    @Test("each plugin starts behind what it requires, wants and follows, otherwise as configured")
    func order() throws {
        let order = try StartOrder(usual)
        #expect(order.names == ["Metrics", "Presence", "SQLite", "Push", "Chat", "Rest", "SocketIO"])
        #expect(order.stopping == order.names.reversed())
        #expect(order.leftOut.isEmpty)
        #expect(order.providers["store"] == "SQLite")
    }

    @Test("without needs the order is that of the configuration")
    func configured() throws {
        let names = ["Zulu", "Alpha", "Mike"]
        #expect(try StartOrder(names.enumerated().map { entry($1, $0) }).names == names)
        #expect(try StartOrder([]).names.isEmpty)
    }

    @Test("any order of the same needs is satisfied", arguments: 0..<50 as Range<UInt64>)
    func shuffled(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let entries = usual.shuffled(using: &random)
        let order = try StartOrder(entries)
        #expect(Set(order.names) == Set(entries.map(\.name)) && order.names.count == entries.count)
        for entry in entries {
            let place = try #require(order.names.firstIndex(of: entry.name))
            for need in entry.requires + entry.wants + entry.follows {
                guard let provider = order.providers[need] else { continue }
                #expect(try #require(order.names.firstIndex(of: provider)) < place)
            }
        }
    }

    @Test("dependents are found through others, wants do not count")
    func dependents() throws {
        let order = try StartOrder(usual)
        #expect(order.dependents(of: "SQLite") == ["Push", "Chat", "Rest", "SocketIO"])
        #expect(order.dependents(of: "Presence") == ["SocketIO"])
        #expect(order.dependents(of: "Rest") == [])
        #expect(order.dependents(of: "Unknown") == [])
    }

    @Test("what the host provides satisfies a need and gives no order")
    func host() throws {
        let entries = [entry("Rest", 1, requires: ["http"]), entry("Chat", 2)]
        #expect(try StartOrder(entries, hostProvides: ["http"]).names == ["Rest", "Chat"])
        #expect(
            problems([entry("Rest", 1, provides: ["http"])], host: ["http"])
                == ["c.yaml:1: plugin \"Rest\" provides \"http\", which the host provides already; disable one"])
    }

    @Test("a missing capability is reported with plugins that could provide it")
    func missing() {
        let rest = entry("Rest", 1, requires: ["store"])
        #expect(
            problems([rest])
                == ["c.yaml:1: plugin \"Rest\" requires \"store\", which no listed plugin provides"])
        #expect(
            problems([rest], candidates: ["store": ["SQLite", "Postgres"]]) == [
                "c.yaml:1: plugin \"Rest\" requires \"store\", which no listed plugin provides; "
                    + "list \"SQLite\" or \"Postgres\""
            ])
        let lost = entry("SQLite", 2, optional: true, failure: "disk on fire")
        #expect(
            problems([rest, lost]) == [
                "c.yaml:1: plugin \"Rest\" requires \"store\", which no listed plugin provides; "
                    + "\"SQLite\" did not load and might have"
            ])
    }

    @Test("all problems are reported at once")
    func several() {
        let found = problems([
            entry("A", 1, requires: ["x"]), entry("B", 2, failure: "no entry"),
            entry("C", 3, provides: ["y"]), entry("D", 4, provides: ["y"]),
        ])
        #expect(
            found == [
                "c.yaml:2: plugin \"B\" is required and did not load: no entry",
                "c.yaml:4: plugin \"D\" provides \"y\", which \"C\" at c.yaml:3 provides already; disable one",
                "c.yaml:1: plugin \"A\" requires \"x\", which no listed plugin provides; "
                    + "\"B\" did not load and might have",
            ])
    }

    @Test("a plugin may be listed once, whatever its letters' case")
    func twice() {
        #expect(
            problems([entry("Rest", 1), entry("REST", 7)])
                == ["c.yaml:7: plugin \"REST\" is listed already at c.yaml:1"])
    }

    @Test("a ring of requirements is named step by step")
    func cycle() {
        let ring = [
            entry("Outside", 1, requires: ["a"]),
            entry("A", 2, provides: ["a"], requires: ["b"]),
            entry("B", 3, provides: ["b"], requires: ["free", "c"]),
            entry("C", 4, provides: ["c"], requires: ["a"]),
            entry("Free", 5, provides: ["free"]),
        ]
        #expect(
            problems(ring) == [
                "c.yaml:2: plugins require each other: \"A\" (c.yaml:2) requires \"b\" of \"B\" (c.yaml:3) requires "
                    + "\"c\" of \"C\" (c.yaml:4) requires \"a\" of \"A\""
            ])
        #expect(
            problems([entry("Self", 1, provides: ["s"], requires: ["s"])])
                == ["c.yaml:1: plugins require each other: \"Self\" (c.yaml:1) requires \"s\" of \"Self\""])
    }

    @Test("a want never keeps a plugin from starting, not even in a ring")
    func wants() throws {
        let entries = [
            entry("A", 1, provides: ["a"], wants: ["b", "absent", "a"]),
            entry("B", 2, provides: ["b"], requires: ["a"]),
            entry("C", 3, provides: ["c"], wants: ["d"]),
            entry("D", 4, provides: ["d"], wants: ["c"]),
        ]
        #expect(try StartOrder(entries).names == ["A", "B", "D", "C"])
    }

    @Test("an optional plugin that failed takes optional dependents along and nobody else")
    func optional() throws {
        let order = try StartOrder([
            entry("Redis", 1, optional: true, provides: ["bus"], failure: "connection refused"),
            entry("Presence", 2, optional: true, provides: ["presence"], requires: ["bus"]),
            entry("Board", 3, optional: true, requires: ["presence"]),
            entry("Rest", 4, wants: ["presence"]),
        ])
        #expect(order.names == ["Rest"])
        #expect(
            order.leftOut.map(\.description) == [
                "c.yaml:1: plugin \"Redis\" stays out: connection refused",
                "c.yaml:2: plugin \"Presence\" stays out: it requires \"bus\", which \"Redis\" (c.yaml:1) would "
                    + "provide, but that stays out: connection refused",
                "c.yaml:3: plugin \"Board\" stays out: it requires \"presence\", which \"Presence\" (c.yaml:2) would "
                    + "provide, but that stays out: it requires \"bus\", which \"Redis\" (c.yaml:1) would provide, "
                    + "but that stays out: connection refused",
            ])
    }

    @Test("a required plugin refuses to start without an optional one that it requires")
    func requiredDependent() {
        let found = problems([
            entry("Redis", 1, optional: true, provides: ["bus"], failure: "connection refused"),
            entry("Presence", 2, requires: ["bus"]),
        ])
        #expect(
            found == [
                "c.yaml:2: plugin \"Presence\" requires \"bus\", which \"Redis\" (c.yaml:1) would provide, "
                    + "but that stays out: connection refused"
            ])
    }

    @Test("a second provider may stand in for one that failed")
    func standIn() throws {
        let order = try StartOrder([
            entry("Redis", 1, optional: true, provides: ["bus"], failure: "refused"),
            entry("Local", 2, provides: ["bus"]), entry("Presence", 3, requires: ["bus"]),
        ])
        #expect(order.names == ["Local", "Presence"])
    }
}
