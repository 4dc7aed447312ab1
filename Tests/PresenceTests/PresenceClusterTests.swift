import Testing

@testable import PluginAPI
@testable import PresencePlugin

@Suite("Presence over several nodes")
struct PresenceClusterTests {
    private let directory = MemoryDirectory()
    private let phone = DeviceIdentity(app: "app", device: "phone")

    private func connection(_ id: ConnectionID) -> ConnectionInfo {
        ConnectionInfo(id: id, device: phone, connectedAt: .epoch)
    }

    @Test("a device on two nodes is announced once each way")
    func once() async {
        let (a, b) = (Station(directory), Station(directory))
        a.service.connected(connection("1"))
        await a.settled()
        b.service.connected(connection("2"))
        await b.settled()
        a.service.disconnected(connection("1"), reason: "x")
        await a.pass(4)
        #expect(a.announced == ["online phone"] && b.announced == [])
        #expect(await a.service.isOnline(phone))
        b.service.disconnected(connection("2"), reason: "x")
        await b.settled()
        #expect(await !a.service.isOnline(phone))
        #expect(b.announced == [])
        await b.pass(4)
        #expect(b.announced == ["offline phone"] && a.announced == ["online phone"])
    }

    @Test("a device that moves to another node within the grace is announced by neither")
    func moves() async {
        let (a, b) = (Station(directory), Station(directory))
        a.service.connected(connection("1"))
        await a.settled()
        a.service.disconnected(connection("1"), reason: "x")
        await a.settled()
        b.service.connected(connection("2"))
        await b.settled()
        await a.pass(4)
        #expect(a.announced == ["online phone"] && b.announced == [])
    }

    @Test("lists are those of all nodes, oldest first")
    func lists() async {
        let (a, b) = (Station(directory), Station(directory))
        let tablet = ConnectionInfo(
            id: "0", device: DeviceIdentity(app: "app", device: "tablet"), connectedAt: Timestamp(milliseconds: 9))
        a.service.connected(tablet)
        b.service.connected(connection("2"))
        await a.settled()
        await b.settled()
        #expect(await a.service.connections(of: "app").map(\.id) == ["2", "0"])
        #expect(await b.service.onlineDevices(of: "app") == ["phone", "tablet"])
        #expect(await b.service.connections(of: "other").isEmpty)
        #expect(a.service.localConnectionCount == 1)
    }

    @Test("the devices of a node that died are gone when its leases have run out, announced once")
    func death() async {
        let (a, b) = (Station(directory), Station(directory))
        a.service.connected(connection("1"))
        await a.settled()
        // The dead node's loop stands still; the directory's time goes on.
        directory.advance(by: .seconds(59))
        await b.pass(59)
        #expect(await b.service.isOnline(phone) && b.announced == [])
        directory.advance(by: .seconds(1))
        await b.pass(10)
        #expect(await !b.service.isOnline(phone))
        #expect(b.heard.names == ["disconnected 1 transport error", "offline phone"])
        await b.pass(60)
        #expect(b.announced == ["offline phone"] && directory.leaseCount == 0)
    }

    @Test("a device in a grace that only a dead node knew of is announced by another, unless it is back")
    func deathInGrace() async {
        let (a, b) = (Station(directory), Station(directory))
        let tablet = ConnectionInfo(id: "2", device: DeviceIdentity(app: "app", device: "tablet"), connectedAt: .epoch)
        a.service.connected(connection("1"))
        a.service.connected(tablet)
        await a.settled()
        a.service.disconnected(connection("1"), reason: "x")
        a.service.disconnected(tablet, reason: "x")
        await a.settled()
        // The dead node's loop stands still.
        b.service.connected(connection("3"))
        directory.advance(by: .seconds(5))
        await b.pass(10)
        #expect(b.announced == [])
        directory.advance(by: .seconds(1))
        await b.pass(10)
        #expect(b.heard.names == ["connected 3", "offline tablet"] && directory.shown == [phone])
    }

    @Test("leases are renewed for as long as the node lives")
    func renewal() async {
        let a = Station(directory)
        a.service.connected(connection("1"))
        await a.settled()
        for _ in 0..<30 {
            directory.advance(by: .seconds(10))
            await a.pass(10)
        }
        #expect(await a.service.isOnline(phone) && a.announced == ["online phone"])
        #expect(directory.leaseCount == 1)
    }

    @Test("a node that stops leaves its devices to the others, who announce those that do not come back")
    func stop() async {
        let (a, b) = (Station(directory), Station(directory))
        let tablet = ConnectionInfo(id: "2", device: DeviceIdentity(app: "app", device: "tablet"), connectedAt: .epoch)
        a.service.connected(connection("1"))
        a.service.connected(tablet)
        await a.settled()
        await a.stop()
        a.service.disconnected(connection("1"), reason: "server shutting down")
        a.service.disconnected(tablet, reason: "server shutting down")
        b.service.connected(connection("3"))
        await b.settled()
        directory.advance(by: .seconds(4))
        await b.pass(10)
        #expect(b.announced == ["offline tablet"] && a.announced == ["online phone", "online tablet"])
    }

    @Test("a node that stops ends the graces that only it knows of; a device that is elsewhere is not away")
    func stopInGrace() async {
        let (a, b) = (Station(directory), Station(directory))
        let tablet = ConnectionInfo(id: "2", device: DeviceIdentity(app: "app", device: "tablet"), connectedAt: .epoch)
        a.service.connected(connection("1"))
        a.service.connected(tablet)
        await a.settled()
        a.service.disconnected(connection("1"), reason: "x")
        a.service.disconnected(tablet, reason: "x")
        b.service.connected(connection("3"))
        await a.settled()
        await b.settled()
        await a.stop()
        #expect(a.announced == ["online phone", "online tablet", "offline tablet"] && b.announced == [])
        #expect(directory.shown == [phone])
    }

    @Test("presence that is started anew in its process keeps the leases of the one before")
    func again() async {
        let (old, b) = (Station(directory, node: "n"), Station(directory))
        old.service.connected(connection("1"))
        await old.settled()
        await old.stop()
        let new = Station(directory, node: "n")
        new.service.connected(connection("1"))
        await new.settled()
        directory.advance(by: .seconds(10))
        await b.pass(10)
        #expect(directory.leaseCount == 1 && b.heard.names == [] && new.announced == [])
        #expect(await b.service.isOnline(phone))
    }

    @Test("a node that was frozen for longer than its leases takes them anew")
    func frozen() async {
        let (a, b) = (Station(directory), Station(directory))
        a.service.connected(connection("1"))
        await a.settled()
        directory.advance(by: .seconds(70))
        await b.pass(10)
        #expect(b.announced == ["offline phone"])
        await a.pass(20)
        #expect(a.announced == ["online phone", "online phone"])
        #expect(await b.service.isOnline(phone))
    }
}
