import Testing

@testable import PluginAPI
@testable import PresencePlugin

@Suite("Presence while the directory is away")
struct PresenceOutageTests {
    private let directory = MemoryDirectory()
    private let phone = DeviceIdentity(app: "app", device: "phone")

    private func connection(_ id: ConnectionID) -> ConnectionInfo {
        ConnectionInfo(id: id, device: phone, connectedAt: .epoch)
    }

    @Test("without the directory the local table counts, and the node says so")
    func away() async {
        let a = Station(directory)
        directory.become(available: false)
        a.service.connected(connection("1"))
        #expect(a.announced == ["online phone"])
        #expect(await a.service.isOnline(phone))
        #expect(a.health.report.state == .degraded)
        a.service.disconnected(connection("1"), reason: "x")
        await a.pass(4)
        #expect(a.announced == ["online phone", "offline phone"])
        directory.become(available: true)
        await a.settled()
        #expect(a.health.report.state != .degraded && directory.leaseCount == 0)
    }

    @Test("a node that stops without the directory announces who is in a grace itself")
    func stopWithout() async {
        let a = Station(directory)
        directory.become(available: false)
        a.service.connected(connection("1"))
        a.service.disconnected(connection("1"), reason: "x")
        await a.stop()
        #expect(a.announced == ["online phone", "offline phone"])
    }

    @Test("a directory that does not answer holds up no node that stops")
    func silent() async {
        let a = Station(directory)
        a.service.connected(connection("1"))
        await a.settled()
        directory.fallSilent()
        a.service.connected(connection("2"))
        let calls = directory.calls
        let deadline = a.loop.now + .seconds(10)
        async let drained: Void = a.service.close(until: deadline)
        while a.link.state.withLock({ $0.idlers.isEmpty }) { await Task.yield() }
        await a.loop.advanceTime(to: deadline - .nanoseconds(1))
        #expect(a.link.state.withLock { !$0.isClosed && $0.isWorking })
        await a.loop.advanceTime(to: deadline)
        await drained
        // Whoever drained in vain does not wait again.
        await a.service.close(until: deadline + .seconds(10))
        directory.speakAgain()
        await a.settled()
        // Nothing more is told than what was under way.
        #expect(directory.calls == calls + 1)
    }

    @Test("a directory that comes back empty is told everything, and nobody is announced again")
    func forgetful() async {
        let a = Station(directory)
        a.service.connected(connection("1"))
        await a.settled()
        directory.become(available: false)
        directory.forgetEverything()
        let tablet = ConnectionInfo(id: "2", device: DeviceIdentity(app: "app", device: "tablet"), connectedAt: .epoch)
        a.service.connected(tablet)
        directory.become(available: true)
        await a.settled()
        #expect(directory.shown == [phone, tablet.device] && directory.leaseCount == 2)
        #expect(a.announced == ["online phone", "online tablet", "online tablet"])
    }

    @Test("who left while the directory was away is taken out of it when it is back")
    func leftMeanwhile() async {
        let (a, b) = (Station(directory), Station(directory))
        a.service.connected(connection("1"))
        await a.settled()
        directory.become(available: false)
        a.service.disconnected(connection("1"), reason: "x")
        await a.pass(4)
        directory.become(available: true)
        await a.settled()
        #expect(await !b.service.isOnline(phone))
        // The others are given time to say that the device is with them.
        #expect(directory.shown == [phone] && directory.leaseCount == 0)
        await a.pass(10)
        #expect(directory.shown.isEmpty)
    }

    @Test(
        "who left while the directory was away is announced though it comes back empty, unless the device is elsewhere")
    func leftAndForgotten() async {
        let (a, b) = (Station(directory), Station(directory))
        let tablet = DeviceIdentity(app: "app", device: "tablet")
        let elsewhere = ConnectionInfo(id: "3", device: tablet, connectedAt: .epoch)
        a.service.connected(connection("1"))
        a.service.connected(ConnectionInfo(id: "2", device: tablet, connectedAt: .epoch))
        b.service.connected(elsewhere)
        await a.settled()
        await b.settled()
        directory.become(available: false)
        directory.forgetEverything()
        a.service.disconnected(connection("1"), reason: "x")
        a.service.disconnected(ConnectionInfo(id: "2", device: tablet, connectedAt: .epoch), reason: "x")
        await a.pass(4)
        let before = a.announced.count
        directory.become(available: true)
        await a.settled()
        await b.settled()
        #expect(a.announced.count == before)
        await a.pass(10)
        #expect(a.announced.dropFirst(before) == ["offline phone"])
        #expect(await a.service.isOnline(tablet))
    }

    @Test("who is in a grace when the directory comes back empty is announced, unless the device comes back")
    func forgottenInGrace() async {
        let a = Station(directory)
        let tablet = ConnectionInfo(id: "2", device: DeviceIdentity(app: "app", device: "tablet"), connectedAt: .epoch)
        let laptop = ConnectionInfo(id: "3", device: DeviceIdentity(app: "app", device: "laptop"), connectedAt: .epoch)
        for connection in [connection("1"), tablet, laptop] { a.service.connected(connection) }
        await a.settled()
        let before = a.announced.count
        // One leaves before, the others while it is away.
        a.service.disconnected(connection("1"), reason: "x")
        await a.settled()
        directory.become(available: false)
        directory.forgetEverything()
        a.service.disconnected(tablet, reason: "x")
        a.service.disconnected(laptop, reason: "x")
        directory.become(available: true)
        await a.settled()
        a.service.connected(laptop)
        await a.pass(4)
        #expect(a.announced.dropFirst(before) == ["online laptop"])
        await a.pass(10)
        #expect(Set(a.announced.dropFirst(before + 1)) == ["offline phone", "offline tablet"])
    }

    @Test("a device that is back before that is not announced as gone")
    func backInTime() async {
        let a = Station(directory)
        a.service.connected(connection("1"))
        await a.settled()
        directory.become(available: false)
        directory.forgetEverything()
        a.service.disconnected(connection("1"), reason: "x")
        await a.pass(4)
        directory.become(available: true)
        await a.settled()
        a.service.connected(connection("2"))
        await a.settled()
        let before = a.announced
        await a.pass(10)
        #expect(a.announced == before && a.announced.last == "online phone")
    }

    @Test("leases that ran out before the directory's silence was noticed are announced anew, others are not")
    func lateNotice() {
        let start = NIODeadline.uptimeNanoseconds(1_000_000_000)
        for (back, expected) in [(Int64(79), DirectoryWork.Hearing.newcomers), (81, .renewal)] {
            var desk = DirectoryDesk(lease: .seconds(60), at: start)
            let connections = (0..<700).map { connection(ConnectionID("\($0)")) }
            func work() -> DirectoryWork.Hearing? {
                guard case .hold(_, let hearing) = desk.next() else { return nil }
                return hearing
            }
            desk.becameAvailable(connections, at: start)
            for hearing in [work(), work()] { _ = desk.held([], hearing ?? .arrivals) }
            // Both calls of this renewal are answered, only one of the next.
            desk.due(at: start + .seconds(20)) { connections }
            for hearing in [work(), work()] { _ = desk.held([], hearing ?? .arrivals) }
            while desk.next() != nil {}
            desk.due(at: start + .seconds(40)) { connections }
            let answered = work() ?? .arrivals
            _ = desk.held([], answered)
            let unanswered = desk.next()
            desk.becameUnavailable(unanswered)
            desk.becameAvailable(connections, at: start + .seconds(back))
            #expect(work() == expected && work() == expected)
        }
    }

    @Test("a call that fails is made good a second later")
    func failure() async {
        let a = Station(directory)
        await a.settled()
        directory.failNext(1)
        a.service.connected(connection("1"))
        await a.settled()
        #expect(a.announced == [] && a.health.report.state == .degraded)
        await a.pass(1)
        #expect(a.announced == ["online phone"] && directory.leaseCount == 1 && a.health.report.state != .degraded)
    }

    @Test(
        "a directory that refuses for long: said once in its words, and once that it is over, with nobody here or many")
    func refusing() async {
        for hasDevice in [true, false] {
            let directory = MemoryDirectory()
            let a = Station(directory)
            await a.settled()
            directory.failNext(.max)
            a.service.connected(connection("1"))
            await a.settled()
            if !hasDevice { a.service.disconnected(connection("1"), reason: "x") }
            for _ in 0..<20 { await a.pass(1) }
            #expect(a.changes.all.map(\.state) == [.ready, .degraded], "\(a.changes.all)")
            #expect(a.changes.all.last?.reason?.contains("failed") == true)
            directory.failNext(0)
            for _ in 0..<2 { await a.pass(1) }
            #expect(a.changes.all.map(\.state) == [.ready, .degraded, .ready])
        }
    }
}
