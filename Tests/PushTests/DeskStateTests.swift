import PluginAPI
import Testing

@testable import PushPlugin

@Suite("Push: what a node has in hand")
struct DeskStateTests {
    private var state = DeskState(arrivalLimit: 3)
    private let sent = PushResult("a", .settled(.sent))

    private mutating func claim(_ ids: String...) -> [String] {
        state.claimed(ids.map { waiting($0) }).map(\.message.rawValue)
    }

    @Test("what is with a provider is not taken again though its lease ran out, until the store knows its fate")
    mutating func once() throws {
        #expect(claim("a", "b") == ["a", "b"])
        state.began(try #require(PushBundle([waiting("a"), waiting("b")])))
        state.letGo()
        #expect(claim("a", "b", "c") == ["c"])
        let results = [sent, PushResult("b", .settled(.merged))]
        state.add(results, of: "app")
        state.ended(waiting().device)
        #expect(claim("a", "b") == [])
        let batch = try #require(state.takeBatches()["app"])
        state.putBack(batch, of: "app")
        #expect(claim("a") == [])
        state.saved(results)
        #expect(claim("a", "b") == ["a", "b"])
        #expect(state.isIdle)
    }

    @Test("what nothing was found out about is taken again, and nothing else is")
    mutating func letGo() {
        #expect(claim("a", "b") == ["a", "b"])
        state.add([sent], of: "app")
        state.letGo()
        #expect(claim("a", "b") == ["b"])
    }

    @Test("of devices that came, the first one's time counts; beyond the bound they are forgotten")
    mutating func arrivals() {
        for (number, name) in ["a", "b", "a", "c", "d"].enumerated() {
            let device = DeviceIdentity(app: name == "c" ? "other" : "app", device: DeviceID(name))
            state.arrived(device, at: now + .seconds(Int64(number)))
        }
        let taken = state.takeArrivals()
        #expect(taken["app"] == DeskState.Arrivals(devices: ["a", "b"], since: now))
        #expect(taken["other"] == DeskState.Arrivals(devices: ["c"], since: now + .seconds(3)))
        #expect(state.takeArrivals().isEmpty)
    }

    @Test("a provider that vanished is taken to come back for a minute")
    func routes() {
        let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)
        var routes = RouteMemory()
        #expect(!routes.wasOpen(.fcm, at: start))
        routes.saw(.fcm, at: start)
        #expect(routes.wasOpen(.fcm, at: start + .seconds(59)) && !routes.wasOpen(.apns, at: start))
        #expect(!routes.wasOpen(.fcm, at: start + .seconds(60)))
    }
}
