import PluginAPI
import Testing

@testable import RedisPlugin

@Suite("Redis Cluster: slots", .timeLimit(.minutes(10)))
struct KeySlotTests {
    @Test(
        "slots are those of the specification",
        arguments: [
            ("123456789", 0x31C3), ("foo", 12_182), ("bar", 5_061), ("", 0), ("{user1000}.following", 3_443),
            ("{user1000}.followers", 3_443), ("foo{bar}{zap}", 5_061),
        ])
    func known(key: String, slot: Int) {
        #expect(KeySlot.of(key) == slot % KeySlot.count)
    }

    @Test("whatever a key is, the server reckons the same")
    func likeTheServer() async throws {
        let server = try await RedisServer(["--cluster-enabled", "yes", "--cluster-port", "\(try freePort())"])
        var random = SeededRandom(7)
        let parts = ["{", "}", "{}", "a", "rq:", "ü", "\0", "conversation:", "1:x", "{{", "}}", "\r\n"]
        let keys = (0..<500).map { _ in
            (0..<Int.random(in: 0...6, using: &random)).map { _ in parts.randomElement(using: &random) ?? "" }.joined()
        }
        let commands = keys.map { RedisCommand("CLUSTER", "KEYSLOT", .text($0)) }
        let answers = try await RedisInquiry.ask(
            server.address, commands, with: RedisDialer(tls: nil), on: RedisServer.loop, within: .seconds(30)
        ).get()
        #expect(answers == keys.map { .integer(Int64(KeySlot.of($0))) })
    }

    @Test("the partitions of presence lie behind tags, and on all masters of a cluster")
    func partitions() {
        let keys = LeaseKeys(prefix: "rq:", isCluster: true)
        var thirds: Set<Int> = []
        for partition in keys.partitions {
            let slot = KeySlot.of(keys.leases(partition))
            #expect(KeySlot.of(keys.shown(partition)) == slot && KeySlot.of(keys.app("a}{b", partition)) == slot)
            thirds.insert(slot / 5_462)
        }
        #expect(thirds == [0, 1, 2])
        let devices = (0..<1_000).map { DeviceIdentity(app: "app", device: DeviceID("d\($0)")) }
        #expect(Set(devices.map(keys.partition)).count == keys.partitions.count)
        #expect(devices.allSatisfy { KeySlot.of(keys.device($0)) == KeySlot.of(keys.leases(keys.partition(of: $0))) })
        #expect(LeaseKeys(prefix: "rq:", isCluster: false).leases(0) == "rq:presence:leases")
    }
}
