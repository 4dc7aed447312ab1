import ClusterConformance
import PluginAPI
import Synchronization
import Testing

@testable import PostgresPlugin

extension TestDatabase {
    /// Lends the directory of a node on an up-to-date schema.
    func withDirectory<Value>(
        _ change: (inout PostgresOptions) -> Void = { _ in },
        _ body: (PostgresPresenceDirectory) async throws -> Value
    ) async throws -> Value {
        try await withLines(1) { lines in
            try await withPool(change) { reading in
                try await withPool({ options in
                    change(&options)
                    options = options.keepingLeases
                }) { writing in
                    try await body(PostgresPresenceDirectory(writing: writing, reading: reading, line: lines[0]))
                }
            }
        }
    }
}

@Suite("PostgreSQL presence", .timeLimit(.minutes(10)))
struct DirectoryTests {
    private let lease: Duration = .seconds(60)

    private func connection(_ id: String, device: DeviceID) -> ConnectionInfo {
        ConnectionInfo(
            id: ConnectionID(id), device: DeviceIdentity(app: "app", device: device), connectedAt: .epoch)
    }

    @Test("keeps the rule", arguments: DirectoryRule.all)
    func keeps(_ rule: DirectoryRule) async throws {
        let database = try await TestDatabase()
        try await database.migrate()
        try await database.withDirectory { try await rule.check($0) }
    }

    @Test("keeps the rule without prepared statements, as behind a pooler", arguments: DirectoryRule.all)
    func keepsUnprepared(_ rule: DirectoryRule) async throws {
        let database = try await TestDatabase()
        try await database.migrate()
        try await database.withDirectory({ options in
            options.preparesStatements = false
            options.connection.sendsSessionOptions = false
        }) { try await rule.check($0) }
    }

    @Test("keeps the rule as a role that owns nothing, beside row-level security", arguments: DirectoryRule.all)
    func keepsSecured(_ rule: DirectoryRule) async throws {
        let database = try await TestDatabase()
        let role = try await database.secured()
        try await database.run("GRANT SELECT, INSERT, UPDATE, DELETE ON presence_leases, presence_shown TO \(role)")
        try await database.withDirectory({ options in
            options.connection["user"] = role
            options.hasRowSecurity = true
        }) { try await rule.check($0) }
    }

    @Test("nodes on pools of their own agree: each change is told to one of them")
    func nodes() async throws {
        let database = try await TestDatabase()
        try await database.migrate()
        try await database.withDirectory { one in
            try await database.withDirectory { other in
                let devices = (0..<20).map { DeviceID("d\($0)") }
                for round in 0..<10 {
                    let own = devices.map { connection("a\(round)-\($0)", device: $0) }
                    let others = devices.map { connection("b\(round)-\($0)", device: $0) }
                    async let first = one.hold(own, by: "a", for: lease)
                    async let second = other.hold(others, by: "b", for: lease)
                    let shown = try await first + second
                    #expect(shown.count == 20 && Set(shown.map(\.device)) == Set(devices))
                    async let gone: Void = one.release(own, by: "a")
                    async let goneElsewhere: Void = other.release(others, by: "b")
                    _ = try await (gone, goneElsewhere)
                    async let hiddenHere = one.settle(own.map(\.device))
                    async let hiddenThere = other.settle(own.map(\.device))
                    let hidden = try await hiddenHere + hiddenThere
                    #expect(hidden.count == 20 && Set(hidden.map(\.device)) == Set(devices))
                }
            }
        }
    }

    @Test("a device whose name PostgreSQL cannot keep is nobody's, and keeps no other from being held")
    func unstorable() async throws {
        let database = try await TestDatabase()
        try await database.migrate()
        try await database.withDirectory { directory in
            let (wrong, right) = (connection("1", device: "a\u{0}b"), connection("2", device: "d"))
            #expect(try await directory.hold([wrong, right], by: "n", for: lease) == [right.device])
            #expect(try await !directory.isOnline(wrong.device))
            try await directory.release([wrong], by: "n")
            #expect(try await directory.settle([wrong.device]).isEmpty)
        }
    }

    @Test("who observes hears at once how it stands, then each change; a server that crashed has forgotten the leases")
    func observing() async throws {
        let cluster = try await PostgresCluster.start()
        let database = try await TestDatabase(on: cluster)
        try await database.migrate()
        try await database.withDirectory { directory in
            let heard = Mutex<[Bool]>([])
            directory.observe { status in heard.withLock { $0.append(status == .available) } }
            try await soon("it is told") { heard.withLock { $0 } == [true] }
            let one = connection("1", device: "d")
            #expect(try await directory.hold([one], by: "n", for: lease).count == 1)
            try await cluster.stop(.immediate)
            try await soon("the loss is told") { heard.withLock { $0 } == [true, false] }
            let error = await #expect(throws: ChatError.self) { try await directory.isOnline(one.device) }
            #expect(error?.code == .unavailable)
            try await cluster.launch()
            try await soon("the return is told") { heard.withLock { $0 } == [true, false, true] }
            try await soon("it answers") { (try? await directory.isOnline(one.device)) == false }
            try await soon("it is told of the device anew") {
                (try? await directory.hold([one], by: "n", for: lease)) == [one.device]
            }
        }
    }

    @Test("a server whose role lacks the rights to presence does not start, and says what is missing")
    func rights() async throws {
        let database = try await TestDatabase()
        let role = try await database.secured()
        var schema = try database.securedSchema(as: role)
        try await schema.verifyRights()
        schema.sharesPresence = true
        let error = await #expect(throws: SchemaRefusal.self) { try await schema.verifyRights() }
        #expect(
            error?.description.contains("GRANT SELECT, INSERT, UPDATE, DELETE ON presence_leases TO \(role)") == true)
    }
}
