import Testing

@testable import PluginAPI

@Suite("The connections of devices")
struct DeviceConnectionsTests {
    private final class Connection: DeviceConnection {
        let lastSignOfLife: NIODeadline

        init(alive seconds: Int64) { lastSignOfLife = .uptimeNanoseconds(0) + .seconds(seconds) }
    }

    private let table = DeviceConnections<Connection>(mostPerDevice: 2, mostPerApp: 3)
    private let phone = DeviceIdentity(app: "a", device: "p")
    private let tablet = DeviceIdentity(app: "a", device: "t")

    private func isAdmitted(
        _ connection: Connection, _ device: DeviceIdentity, _ table: DeviceConnections<Connection>? = nil
    ) -> Bool {
        let table = table ?? self.table
        return table.admit(connection, of: device) && table.replaced(by: connection, of: device) == nil
    }

    private func replaced(by connection: Connection, _ device: DeviceIdentity) -> Connection? {
        #expect(table.admit(connection, of: device))
        return table.replaced(by: connection, of: device)
    }

    @Test("an app that is full takes no other device; a connection that goes makes room")
    func app() {
        let all = (0..<5).map { _ in Connection(alive: 0) }
        #expect(isAdmitted(all[0], phone) && isAdmitted(all[1], phone) && isAdmitted(all[2], tablet))
        let other = DeviceIdentity(app: "a", device: "new")
        #expect(!table.admit(all[3], of: other))
        #expect(!table.contains(other))
        #expect(table.onePerDevice.count == 2 && table.connections(of: phone).first === all[0])
        table.release(all[3], of: phone)
        #expect(table.connections(of: phone).count == 2)
        for connection in all.prefix(2) { table.release(connection, of: phone) }
        #expect(!table.contains(phone) && isAdmitted(all[4], tablet))
    }

    @Test("a device that is full lets its newest connection in, also in a full app: the one silent for longest goes")
    func device() {
        let (live, dead, other) = (Connection(alive: 90), Connection(alive: 10), Connection(alive: 0))
        #expect(isAdmitted(live, phone) && isAdmitted(dead, phone) && isAdmitted(other, tablet))
        let new = Connection(alive: 100)
        #expect(replaced(by: new, phone) === dead)
        #expect(table.connections(of: phone).map(ObjectIdentifier.init) == [live, new].map(ObjectIdentifier.init))
        // That it is gone already changes nothing.
        table.release(dead, of: phone)
        #expect(table.all.count == 3)
        #expect(replaced(by: Connection(alive: 101), phone) === live)
    }

    @Test("of those that were silent for equally long the oldest goes, and only the last one's room is needed")
    func equals() {
        let table = DeviceConnections<Connection>(mostPerDevice: 1, mostPerApp: 0)
        let all = (0..<3).map { _ in Connection(alive: 5) }
        #expect(isAdmitted(all[0], phone, table))
        for place in 1..<3 {
            #expect(table.admit(all[place], of: phone))
            #expect(table.replaced(by: all[place], of: phone) === all[place - 1] && table.all.count == 1)
        }
    }

    @Test("a device that is full loses none to an admission that fails, and one for each that does not")
    func failedAdmission() {
        let (first, second) = (Connection(alive: 10), Connection(alive: 20))
        #expect(isAdmitted(first, phone) && isAdmitted(second, phone))
        let (failing, joining) = (Connection(alive: 30), Connection(alive: 30))
        #expect(table.admit(failing, of: phone) && table.admit(joining, of: phone))
        #expect(table.replaced(by: joining, of: phone) === first)
        table.release(failing, of: phone)
        #expect(table.replaced(by: failing, of: phone) == nil)
        let kept = table.connections(of: phone)
        #expect(kept.count == 2 && kept.first === second && kept.last === joining)
        #expect(isAdmitted(Connection(alive: 0), tablet))
    }

    @Test("admissions that run side by side leave as many as there may be, and cost none that has its room")
    func sideBySide() {
        let table = DeviceConnections<Connection>(mostPerDevice: 1, mostPerApp: 0)
        let (old, first, second) = (Connection(alive: 99), Connection(alive: 1), Connection(alive: 2))
        #expect(isAdmitted(old, phone, table))
        #expect(table.admit(first, of: phone) && table.admit(second, of: phone))
        #expect(table.replaced(by: first, of: phone) === old)
        #expect(table.replaced(by: second, of: phone) === first)
        #expect(table.all.count == 1)

        let (kept, joining, failing) = (Connection(alive: 1), Connection(alive: 2), Connection(alive: 3))
        #expect(isAdmitted(kept, tablet))
        #expect(self.table.admit(joining, of: tablet) && self.table.admit(failing, of: tablet))
        #expect(self.table.replaced(by: joining, of: tablet) == nil)
        self.table.release(failing, of: tablet)
        #expect(self.table.connections(of: tablet).count == 2)
    }

    @Test("in an app that is full a device that comes back takes the place of its own connection, and of no other one")
    func comingBack() {
        let (dead, other) = (Connection(alive: 10), Connection(alive: 0))
        #expect(isAdmitted(dead, phone) && isAdmitted(other, tablet) && isAdmitted(Connection(alive: 20), tablet))
        #expect(replaced(by: Connection(alive: 30), phone) === dead)
        #expect(table.all.count == 3 && table.connections(of: tablet).count == 2)
    }
}
