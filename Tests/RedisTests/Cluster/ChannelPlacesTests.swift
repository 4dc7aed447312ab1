import PluginAPI
import Testing

@testable import RedisPlugin

@Suite("Redis Cluster: where channels are subscribed to")
struct ChannelPlacesTests {
    private let a = RedisAddress.host("a", port: 1)
    private let b = RedisAddress.host("b", port: 1)

    /// Slots below the border are a's, the others b's.
    private func map(_ border: Int) throws -> SlotMap {
        func range(_ first: Int, _ last: Int, _ host: String) -> RESPValue {
            .array([
                .integer(Int64(first)), .integer(Int64(last)),
                .array([.bulk(ByteBuffer(string: host)), .integer(1)]),
            ])
        }
        return try SlotMap(.array([range(0, border - 1, "a"), range(border, 16_383, "b")]), of: a)
    }

    @Test("without a map channels wait; with one each is asked for at its owner, and stands once that is confirmed")
    func first() throws {
        var places = ChannelPlaces()
        // Slots 5,061 and 12,182.
        #expect(places.subscribe(["bar", "foo"], by: nil).isEmpty && !places.isSettled)
        let changes = places.adopt(try map(8_000), isNew: true)
        #expect(Set(changes.map(\.node)) == [a, b] && changes.allSatisfy { $0.unsubscribe.isEmpty })
        #expect(changes.first { $0.node == a }?.subscribe == ["bar"])
        #expect(places.standing(["bar"], at: b).isEmpty && places.standing(["bar"], at: a) == ["bar"])
        #expect(!places.isSettled && places.standing(["foo"], at: b) == ["foo"] && places.isSettled)
        let unchanged = places.adopt(try map(8_000), isNew: false)
        #expect(unchanged.isEmpty)
        // A new one is on its way, and nothing is missed by that.
        #expect(places.subscribe(["bar", "x"], by: try map(8_000)).count == 1 && places.isSettled)
    }

    @Test("a channel whose slot moves is taken from one and asked of the other, and is missing until it stands there")
    func moved() throws {
        var places = ChannelPlaces()
        _ = places.subscribe(["bar"], by: try map(8_000))
        _ = places.standing(["bar"], at: a)
        let changes = places.adopt(try map(5_000), isNew: true)
        #expect(changes.count == 2 && !places.isSettled)
        #expect(changes.contains(.init(node: a, unsubscribe: ["bar"])))
        #expect(changes.contains(.init(node: b, subscribe: ["bar"])))
        #expect(places.standing(["bar"], at: a).isEmpty && !places.isSettled)
        #expect(places.standing(["bar"], at: b) == ["bar"] && places.isSettled)
    }

    @Test("a node that does not want a channel is asked again only after a map, and news of another node is none")
    func misplaced() throws {
        var places = ChannelPlaces()
        _ = places.subscribe(["bar"], by: try map(8_000))
        #expect(!places.misplaced(["bar"], at: b) && places.isSettled)
        #expect(places.misplaced(["bar"], at: a) && !places.isSettled)
        #expect(!places.misplaced(["bar"], at: a) && !places.isSettled)
        #expect(places.adopt(try map(8_000), isNew: false) == [.init(node: a, subscribe: ["bar"])])
        #expect(places.standing(["bar"], at: a) == ["bar"] && places.isSettled)
    }

    @Test("what is not wanted any more is taken back where it is, and missed nowhere")
    func unsubscribed() throws {
        var places = ChannelPlaces()
        _ = places.subscribe(["bar", "foo"], by: nil)
        let silent = places.unsubscribe(["foo", "other"])
        #expect(silent.isEmpty)
        _ = places.adopt(try map(8_000), isNew: true)
        #expect(places.unsubscribe(["bar"]) == [.init(node: a, unsubscribe: ["bar"])])
        #expect(places.isSettled && !places.isWanted("bar") && places.standing(["bar"], at: a).isEmpty)
    }
}
