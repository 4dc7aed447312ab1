import PluginAPI
import Testing

@Suite("Identifiers")
struct IDGeneratorTests {
    private static func isHex(_ text: Substring) -> Bool {
        text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

    @Test("Each kind has its prefix and 24 lower-case digits, and does not repeat")
    func prefixed() {
        let makers: [(String, @Sendable () -> String)] = [
            ("conv_", IDGenerator.conversation), ("vis_", IDGenerator.visitor), ("msg_", IDGenerator.message),
            ("conn_", IDGenerator.connection), ("req_", IDGenerator.requestID),
        ]
        for (prefix, make) in makers {
            let ids = (0..<2_000).map { _ in make() }
            #expect(Set(ids).count == ids.count)
            #expect(
                ids.allSatisfy {
                    $0.hasPrefix(prefix) && $0.utf8.count == prefix.utf8.count + 24
                        && Self.isHex($0.dropFirst(prefix.utf8.count))
                })
        }
    }

    @Test("Message ids sort by creation and carry the time")
    func messagesSort() throws {
        let before = Timestamp.now().milliseconds
        let ids = (0..<20_000).map { _ in IDGenerator.message() }
        #expect(zip(ids, ids.dropFirst()).allSatisfy { $0 < $1 })
        let first = try #require(Int64(ids[0].dropFirst(4).prefix(12), radix: 16))
        #expect(first >= before && first < before + 60_000)
    }

    @Test("UUIDs have the shape, version and variant of RFC 9562")
    func uuids() {
        let versions: [(Character, @Sendable () -> String)] = [("4", IDGenerator.uuidV4), ("7", IDGenerator.uuidV7)]
        for (version, make) in versions {
            let ids = (0..<2_000).map { _ in make() }
            #expect(Set(ids).count == ids.count)
            for id in ids {
                let groups = id.split(separator: "-")
                #expect(groups.map(\.count) == [8, 4, 4, 4, 12])
                #expect(groups.allSatisfy(Self.isHex))
                #expect(groups[2].first == version)
                #expect("89ab".contains(groups[3].first ?? "-"))
            }
        }
    }

    @Test("Time-ordered UUIDs sort by creation")
    func uuidV7Sorts() {
        let ids = (0..<10_000).map { _ in IDGenerator.uuidV7() }
        #expect(zip(ids, ids.dropFirst()).allSatisfy { $0 < $1 })
    }

    @Test("Socket ids are 20 characters of the base64url alphabet")
    func socketIDs() {
        let ids = (0..<2_000).map { _ in IDGenerator.socketID() }
        #expect(Set(ids).count == ids.count)
        #expect(ids.allSatisfy { $0.utf8.count == 20 && Base64URL.decode($0)?.count == 15 })
    }

    @Test("Ticks grow while the clock stands, runs over, goes back or is negative")
    func ticks() {
        var tick = MonotonicTick()
        let now = Timestamp(milliseconds: 1_000)
        #expect(tick.next(at: now) == 1_000 << 12)
        #expect(tick.next(at: now) == 1_000 << 12 + 1)
        var last = tick.next(at: Timestamp(milliseconds: 900))
        #expect(last == 1_000 << 12 + 2)
        for _ in 0..<5_000 {
            let next = tick.next(at: now)
            #expect(next == last + 1)
            last = next
        }
        #expect(last >> 12 == 1_001)
        #expect(tick.next(at: Timestamp(milliseconds: 1_002)) == 1_002 << 12)
        var other = MonotonicTick()
        #expect(other.next(at: Timestamp(milliseconds: -5)) < other.next(at: Timestamp(milliseconds: .min)))
    }

    @Test("Identifiers compare and print as their text")
    func typedIdentifiers() {
        let id: Identifier<Self> = "conv_1"
        #expect(id.rawValue == "conv_1" && "\(id)" == "conv_1")
        #expect(id == Identifier("conv_1") && id < "conv_2")
        #expect(Set([id, Identifier(rawValue: "conv_1")]).count == 1)
    }
}
