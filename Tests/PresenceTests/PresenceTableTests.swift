import PluginAPI
import Testing

@testable import PresencePlugin

@Suite("Presence table")
struct PresenceTableTests {
    private let phone = DeviceIdentity(app: "app", device: "phone")

    private func connection(_ id: ConnectionID, _ device: DeviceIdentity) -> ConnectionInfo {
        ConnectionInfo(id: id, device: device, connectedAt: .epoch)
    }

    private func at(_ seconds: Int64) -> NIODeadline { .uptimeNanoseconds(0) + .seconds(seconds) }

    @Test("the first connection announces the session and the device, the second only the session")
    func online() {
        var table = PresenceTable(offlineGrace: .seconds(4))
        #expect(table.connect(connection("1", phone)).names == ["connected 1", "online phone"])
        #expect(table.connect(connection("2", phone)).names == ["connected 2"])
        #expect(table.connectionCount == 2)
    }

    @Test("a device goes offline when the grace after its last connection is over, not before")
    func grace() {
        var table = PresenceTable(offlineGrace: .seconds(4))
        _ = table.connect(connection("1", phone))
        _ = table.connect(connection("2", phone))
        #expect(table.disconnect(connection("1", phone), reason: "x", at: at(1)).names == ["disconnected 1 x"])
        #expect(table.nextEnd == nil)
        #expect(table.disconnect(connection("2", phone), reason: "y", at: at(2)).names == ["disconnected 2 y"])
        #expect(!table.isOnline(phone))
        #expect(table.nextEnd == at(6))
        #expect(table.expire(at: at(5)).isEmpty)
        #expect(table.expire(at: at(6)).names == ["offline phone"])
        #expect(table.expire(at: at(60)).isEmpty)
        #expect(table.nextEnd == nil)
    }

    @Test("a reconnect within the grace announces no change of presence, and the next absence has a grace of its own")
    func reconnect() {
        var table = PresenceTable(offlineGrace: .seconds(4))
        _ = table.connect(connection("1", phone))
        _ = table.disconnect(connection("1", phone), reason: "x", at: at(0))
        #expect(table.connect(connection("2", phone)).names == ["connected 2"])
        #expect(table.expire(at: at(100)).isEmpty)
        _ = table.disconnect(connection("2", phone), reason: "x", at: at(100))
        #expect(table.expire(at: at(103)).isEmpty)
        #expect(table.expire(at: at(104)).names == ["offline phone"])
        #expect(table.connect(connection("3", phone)).names == ["connected 3", "online phone"])
    }

    @Test("without a grace a device is announced as offline at once")
    func noGrace() {
        var table = PresenceTable(offlineGrace: .zero)
        _ = table.connect(connection("1", phone))
        let events = table.disconnect(connection("1", phone), reason: "x", at: at(0)).names
        #expect(events == ["disconnected 1 x", "offline phone"])
        #expect(table.nextEnd == nil)
    }

    @Test("a connection reported twice counts once, an unknown or repeated close changes nothing")
    func repeats() {
        var table = PresenceTable(offlineGrace: .seconds(4))
        #expect(table.disconnect(connection("1", phone), reason: "x", at: at(0)).isEmpty)
        _ = table.connect(connection("1", phone))
        #expect(table.connect(connection("1", phone)).isEmpty)
        #expect(table.disconnect(connection("other", phone), reason: "x", at: at(0)).isEmpty)
        #expect(table.connectionCount == 1)
        #expect(table.disconnect(connection("1", phone), reason: "x", at: at(0)).count == 1)
        #expect(table.disconnect(connection("1", phone), reason: "x", at: at(0)).isEmpty)
        #expect(table.connectionCount == 0)
    }

    @Test("devices of the same name in two apps are two devices")
    func tenants() {
        var table = PresenceTable(offlineGrace: .zero)
        let other = DeviceIdentity(app: "other", device: "phone")
        _ = table.connect(connection("1", phone))
        #expect(!table.isOnline(other))
        _ = table.connect(connection("2", other))
        _ = table.disconnect(connection("1", phone), reason: "x", at: at(0))
        #expect(table.onlineDevices(of: "app").isEmpty)
        #expect(table.onlineDevices(of: "other") == ["phone"])
        #expect(table.connections(of: "other").map(\.id) == ["2"])
    }

    @Test("a node that stops ends the graces at once, and announces nobody as offline after that")
    func closing() {
        var table = PresenceTable(offlineGrace: .seconds(4))
        let tablet = DeviceIdentity(app: "app", device: "tablet")
        _ = table.connect(connection("1", phone))
        _ = table.connect(connection("2", tablet))
        _ = table.disconnect(connection("1", phone), reason: "x", at: at(0))
        #expect(table.close().names == ["offline phone"])
        #expect(table.close().isEmpty)
        #expect(table.disconnect(connection("2", tablet), reason: "x", at: at(0)).names == ["disconnected 2 x"])
        #expect(table.nextEnd == nil)
        #expect(table.expire(at: at(100)).isEmpty)
    }
}

extension [DomainEvent] {
    /// The events as short texts.
    var names: [String] {
        map { event in
            switch event {
            case .sessionConnected(let info): "connected \(info.id)"
            case .sessionDisconnected(let info, let reason): "disconnected \(info.id) \(reason)"
            case .presenceChanged(let device, let isOnline): "\(isOnline ? "online" : "offline") \(device.device)"
            default: "unexpected \(event)"
            }
        }
    }
}
