import PluginAPI
import Testing

@testable import PostgresPlugin

@Suite("PostgreSQL: which servers use a database", .timeLimit(.minutes(10)))
struct ServerLeaseTests {
    /// One that no process could be: whether it still runs cannot be told from here.
    private static let elsewhere = ProcessIdentity(host: "another", pid: 7, token: "boot/pid:[1]/7/100")

    /// One of this machine that has ended: the number is larger than any that the kernel gives.
    private static var ended: ProcessIdentity {
        let parts = ProcessIdentity.own.token.split(separator: "/")
        return ProcessIdentity(host: "here", pid: 5_000_000, token: "\(parts[0])/\(parts[1])/5000000/1")
    }

    private func withPool(_ body: (PostgresPool, TestDatabase) async throws -> Void) async throws {
        let database = try await TestDatabase()
        try await database.migrate()
        try await database.withPool { try await body($0, database) }
    }

    @Test("with topology single a second server hears of the first, until that lets go")
    func single() async throws {
        try await withPool { pool, _ in
            let first = ServerLease(pool: pool, topology: .single)
            let second = ServerLease(pool: pool, topology: .single)
            #expect(try await first.renew() == nil)
            #expect(try await first.renew() == nil)
            let holder = try #require(try await second.renew())
            #expect(holder.node == first.node && holder.process == .own && holder.topology == "single")
            try await first.release()
            #expect(try await second.renew() == nil)
            #expect(try await first.renew()?.node == second.node)
        }
    }

    @Test("several of one topology with a bus are beside each other, and none of another")
    func mixed() async throws {
        try await withPool { pool, _ in
            let nodes = (0..<3).map { _ in ServerLease(pool: pool, topology: .redis) }
            for node in nodes + nodes { #expect(try await node.renew() == nil) }
            for other in [Topology.single, .postgres] {
                #expect(try await ServerLease(pool: pool, topology: other).renew()?.topology == "redis")
            }
            for node in nodes { try await node.release() }
            let single = ServerLease(pool: pool, topology: .single)
            #expect(try await single.renew() == nil)
            #expect(try await nodes[0].renew()?.node == single.node)
        }
    }

    @Test("a process of this machine that was killed is not waited for")
    func killed() async throws {
        #expect(Self.ended.isGone && !ProcessIdentity.own.isGone)
        try await withPool { pool, _ in
            for _ in 0..<3 {
                let inTheWay = try await ServerLease(pool: pool, topology: .redis, process: Self.ended).renew()
                #expect(inTheWay?.node == nil)
            }
            let inTheWay = try await ServerLease(pool: pool, topology: .single).renew()
            #expect(inTheWay?.node == nil)
        }
    }

    @Test("a server that cannot be seen from here counts until its lease ends; then it is the one who comes late")
    func expired() async throws {
        try await withPool { pool, database in
            let far = ServerLease(pool: pool, topology: .single, process: Self.elsewhere)
            #expect(try await far.renew() == nil)
            let near = ServerLease(pool: pool, topology: .single)
            #expect(try await near.renew()?.process == Self.elsewhere && !Self.elsewhere.isGone)
            try await database.run("UPDATE server_leases SET expires_at = now()")
            #expect(try await near.renew() == nil)
            #expect(try await far.renew()?.node == near.node)
        }
    }

    @Test("requests are kept out while the gate is shut, and what a server says of itself is not")
    func gate() async throws {
        try await withPool { pool, _ in
            let store = PostgresStore(pool: pool)
            pool.gate.set("another server uses the database")
            let refused = await #expect(throws: ChatError.self) { try await store.makePlace() }
            #expect(refused?.code == .unavailable)
            await #expect(throws: ChatError.self) { try await pool.checkHealth() }
            let trouble = await pool.trouble()
            #expect(trouble?.description == "another server uses the database")
            #expect(try await ServerLease(pool: pool, topology: .single).renew() == nil)
            pool.gate.set(nil)
            _ = try await store.makePlace()
            try await pool.checkHealth()
        }
    }

    @Test("a full disk makes the store unhealthy, which ends only when nothing fails and a probe finds room")
    func full() async throws {
        try await withPool { pool, database in
            let store = PostgresStore(pool: pool)
            let place = try await store.makePlace()
            let lease = ServerLease(pool: pool, topology: .single)
            #expect(try await lease.renew() == nil)
            try await database.run(
                """
                CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                    RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$;
                CREATE TRIGGER full_disk BEFORE INSERT ON messages FOR EACH ROW EXECUTE FUNCTION full_disk();
                CREATE TRIGGER full_disk BEFORE UPDATE OF filler ON server_leases
                    FOR EACH ROW EXECUTE FUNCTION full_disk()
                """)
            let failed = await #expect(throws: ChatError.self) { try await store.say("Hello", in: place) }
            #expect(failed?.code == .storageFull)
            await #expect(throws: ChatError.self) { try await pool.checkHealth() }
            let trouble = await pool.trouble()
            #expect(trouble?.description.contains("No space left on device") == true)
            await #expect(throws: ChatError.self) { try await lease.probeRoom() }
            try await database.run(
                "DROP TRIGGER full_disk ON messages; DROP TRIGGER full_disk ON server_leases")
            try await lease.probeRoom()
            #expect(pool.faults.reason != nil, "it has just failed")
            let deadline = ContinuousClock.now + .seconds(60)
            while !pool.faults.isProbeDue, ContinuousClock.now < deadline { await Task.yield() }
            pool.faults.probed()
            try await pool.checkHealth()
            try await store.say("Hello", in: place)
        }
    }
}
