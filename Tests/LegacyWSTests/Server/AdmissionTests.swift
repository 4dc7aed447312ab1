import NIOCore
import NIOEmbedded
import Testing
import WebSocketTesting

@testable import LegacyWSPlugin
@testable import PluginAPI

@Suite("Access that is revoked while an old connection is admitted")
struct AdmissionTests {
    private let chat = HeldChat(key: "old")
    private let connections = DeviceConnections<ClientPeer>(mostPerDevice: 2, mostPerApp: 0)
    private let clock = ManualClock()
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    private let sunset = SunsetPolicy(brownouts: BrownoutSchedule(windows: []))

    /// A device's connection whose admission is held.
    private func client() throws -> (LegacyBench, ClientDoor) {
        var made: ClientDoor?
        let bench = try LegacyBench(query: "app_id=app&device_id=phone&api_key=old") { hub, monitor in
            let door = ClientDoor(
                chat: chat, presence: Followed(), hub: hub, wire: hub.add(LegacyFormat.client, owner: "test"),
                connections: connections, sunset: sunset, refusals: RefusalCodes(apps: nil), usage: nil,
                monitor: monitor, clock: clock, logger: logger)
            made = door
            return door
        }
        bench.loop.run()
        return (bench, try #require(made))
    }

    private func agent(_ token: String) throws -> (LegacyBench, AdminDoor) {
        var made: AdminDoor?
        let bench = try LegacyBench(query: "app_id=app&admin_token=\(token)") { hub, monitor in
            let door = AdminDoor(
                chat: chat, identity: Followed(chat), hub: hub, wire: hub.add(LegacyFormat.admin, owner: "test"),
                sunset: sunset, monitor: monitor, clock: clock, logger: logger)
            made = door
            return door
        }
        bench.loop.run()
        return (bench, try #require(made))
    }

    private func release(_ bench: LegacyBench) throws -> [String] {
        chat.release()
        bench.loop.run()
        return try bench.sent()
    }

    @Test(
        "a client whose key was replaced before it was let in does not stay, wherever its admission was",
        arguments: [HeldChat.Call.admit, .latestConversation])
    func client(_ held: HeldChat.Call) throws {
        chat.hold(held)
        let (bench, door) = try client()
        #expect(chat.heldCount == 1)
        chat.rotate(to: "new")
        door.accessRevoked(of: HeldChat.app)
        #expect(try release(bench).last == "close 4403 Invalid app_id")
        #expect(connections.all.isEmpty)
    }

    @Test("one whose proofs hold still comes in, whatever was revoked meanwhile")
    func stays() throws {
        chat.hold(.admit)
        let (bench, door) = try client()
        door.accessRevoked(of: HeldChat.app)
        let sent = try release(bench)
        #expect(sent.count == 1 && connections.all.count == 1, "\(sent)")
    }

    @Test("a device that has all the connections it may loses none to one whose admission fails")
    func failedAdmission() throws {
        let old = try (0..<2).map { _ in try client().0 }
        func closed() throws -> [Bool] {
            try old.map { bench in
                bench.loop.run()
                return try bench.sent().contains { $0.hasPrefix("close") }
            }
        }
        chat.fail(.latestConversation)
        #expect(try client().0.sent().last?.hasPrefix("close") == true)
        #expect(try closed() == [false, false] && connections.all.count == 2)
        chat.fail(nil)
        #expect(try client().0.sent().contains { $0.hasPrefix("close") } == false)
        #expect(try closed() == [true, false] && connections.all.count == 2)
    }

    @Test("a conversation that is opened meanwhile and is the latest is entered without another read")
    func openedIsLatest() throws {
        chat.hold(.latestConversation)
        chat.setLatest("conv_1")
        chat.fail(.conversation)
        let (bench, door) = try client()
        door.conversationOpened(
            HeldChat.conversation("conv_1", of: DeviceIdentity(app: HeldChat.app, device: "phone")))
        bench.loop.run()
        let sent = try release(bench)
        #expect(sent.count == 2 && sent.last?.contains("conv_1") == true, "\(sent)")
    }

    @Test(
        "an agent whose key was replaced while it was checked is refused; one with a token of its own is not",
        arguments: [("old", true), ("token", false)])
    func agent(token: String, isRefused: Bool) throws {
        chat.hold(.principal)
        let (bench, door) = try agent(token)
        chat.rotate(to: "new")
        door.keyRevoked(of: HeldChat.app)
        let sent = try release(bench)
        #expect((sent.last == "close 4401 Invalid credentials") == isRefused, "\(sent)")
        #expect(door.keyHolders.connections(of: HeldChat.app).isEmpty)
    }

    @Test("an agent who came by the key is closed with it")
    func registered() throws {
        let (bench, door) = try agent("old")
        #expect(door.keyHolders.connections(of: HeldChat.app).count == 1)
        _ = try bench.sent()
        door.keyRevoked(of: HeldChat.app)
        bench.loop.run()
        #expect(try bench.sent().last == "close 4401 Invalid credentials")
        #expect(door.keyHolders.connections(of: HeldChat.app).isEmpty)
    }
}
