import NIOEmbedded
import Synchronization
import Testing

@testable import PluginAPI
@testable import PresencePlugin

@Suite("Presence service")
struct PresenceServiceTests {
    private let loop = NIOAsyncTestingEventLoop()
    private let hub: RealtimeHub
    private let service: PresenceService
    private let heard = Heard()
    private let phone = DeviceIdentity(app: "app", device: "phone")

    init() {
        hub = RealtimeHub(eventLoops: [])
        service = PresenceService(hub: hub, eventLoop: loop, offlineGrace: .seconds(4))
        hub.subscribe({ [heard] in heard.add($0) }, owner: "test")
    }

    private func connection(_ id: ConnectionID, at second: Int64 = 0) -> ConnectionInfo {
        ConnectionInfo(id: id, device: phone, connectedAt: Timestamp(milliseconds: second * 1000))
    }

    @Test("the truth is raw while the announcement waits for the grace")
    func graceOnTheLoop() async {
        service.connected(connection("1"))
        #expect(await service.isOnline(phone))
        service.disconnected(connection("1"), reason: "transport close")
        #expect(await !service.isOnline(phone))
        #expect(service.localConnectionCount == 0)
        await loop.advanceTime(by: .milliseconds(3999))
        #expect(heard.names == ["connected 1", "online phone", "disconnected 1 transport close"])
        await loop.advanceTime(by: .milliseconds(1))
        #expect(heard.names.last == "offline phone")
        #expect(heard.names.count == 4)
    }

    @Test("each device has its own grace, with one timer for all")
    func graces() async {
        let tablet = ConnectionInfo(id: "2", device: DeviceIdentity(app: "app", device: "tablet"), connectedAt: .epoch)
        service.connected(connection("1"))
        service.connected(tablet)
        service.disconnected(connection("1"), reason: "x")
        await loop.advanceTime(by: .seconds(2))
        service.disconnected(tablet, reason: "x")
        await loop.advanceTime(by: .seconds(2))
        #expect(heard.names.filter { $0.hasPrefix("offline") } == ["offline phone"])
        await loop.advanceTime(by: .seconds(2))
        #expect(heard.names.filter { $0.hasPrefix("offline") } == ["offline phone", "offline tablet"])
    }

    @Test("connections are listed oldest first")
    func order() async {
        service.connected(connection("b", at: 2))
        service.connected(connection("c", at: 1))
        service.connected(connection("a", at: 2))
        #expect(await service.connections(of: "app").map(\.id) == ["c", "a", "b"])
        #expect(await service.onlineDevices(of: "app") == ["phone"])
        #expect(service.localConnectionCount == 3)
    }

    @Test("announcements go to the app's topic")
    func topics() {
        let bus = TopicBus()
        hub.use(bus)
        service.connected(connection("1"))
        #expect(bus.topics.withLock { $0 } == [[.app("app")], [.app("app")]])
    }

    @Test("a subscriber may ask and report from within an announcement")
    func reentry() async {
        let other = ConnectionInfo(id: "2", device: DeviceIdentity(app: "app", device: "tablet"), connectedAt: .epoch)
        hub.subscribe(
            { [service] event in
                if case .sessionConnected(let info) = event, info.id == "1" { service.connected(other) }
            }, owner: "test")
        service.connected(connection("1"))
        #expect(heard.names == ["connected 1", "online phone", "connected 2", "online tablet"])
    }

    @Test("many threads at once: every device ends as its last connection says, and is announced in that order")
    func concurrency() async {
        await withTaskGroup(of: Void.self) { group in
            for worker in 0..<8 {
                group.addTask { [service] in
                    let device = DeviceIdentity(app: "app", device: DeviceID("d\(worker)"))
                    for round in 0..<200 {
                        let info = ConnectionInfo(
                            id: ConnectionID("\(worker)-\(round)"), device: device, connectedAt: .epoch)
                        service.connected(info)
                        service.disconnected(info, reason: "x")
                    }
                }
            }
        }
        #expect(service.localConnectionCount == 0)
        // One thread publishes for all and may be the last to leave; all workers have ended, so all is published.
        await loop.advanceTime(by: .seconds(4))
        let names = heard.names
        #expect(names.filter { $0.hasPrefix("connected") }.count == 1600)
        #expect(names.filter { $0.hasPrefix("disconnected") }.count == 1600)
        #expect(names.filter { $0.hasPrefix("online") }.count == 8)
        #expect(names.filter { $0.hasPrefix("offline") }.count == 8)
        #expect(names.suffix(8).allSatisfy { $0.hasPrefix("offline") })
    }

    @Test("the close ends a grace, and no timer announces anything after it")
    func close() async {
        service.connected(connection("1"))
        service.disconnected(connection("1"), reason: "x")
        await service.close(until: .distantFuture)
        #expect(heard.names == ["connected 1", "online phone", "disconnected 1 x", "offline phone"])
        await loop.advanceTime(by: .seconds(60))
        #expect(heard.names.count == 4)
    }
}

/// What was published, in order.
final class Heard: Sendable {
    private let events = Mutex<[DomainEvent]>([])

    func add(_ event: DomainEvent) { events.withLock { $0.append(event) } }
    var names: [String] { events.withLock { $0.names } }
}

/// Notes the topics of what goes to other nodes.
final class TopicBus: Bus {
    let topics = Mutex<[[Topic]]>([])

    func publish(_ publication: ClusterPublication) { topics.withLock { $0.append(publication.topics) } }
    func receive(_ receiver: @escaping @Sendable (ClusterPublication) -> Void) {}
    func interest(in topic: Topic, exists: Bool) {}
}
