import NIOCore
import NIOEmbedded
import Testing
import WebSocketTesting

@testable import PluginAPI
@testable import SocketIOPlugin

@Suite("Access that is revoked while a socket is admitted")
struct AdmissionTests {
    private let chat = HeldChat(key: "old")
    private let device = DeviceIdentity(app: HeldChat.app, device: "phone")
    private let bench: ConnectionBench
    private let client: ClientNamespace
    private let admin: AdminNamespace

    init() throws {
        let chat = chat
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let (shared, clock) = (ConnectionBench.shared(), ManualClock())
        let rates = EventBudget.Rates(eventsPerSecond: 0, burst: 1, typingPerSecond: 0, joinsPerSecond: 0)
        var made: (ClientNamespace, AdminNamespace)?
        bench = try ConnectionBench(shared: shared) { hub in
            let client = ClientNamespace(
                chat: chat, presence: Followed(), hub: hub, wire: hub.add(ClientFormat(), owner: "test"),
                connections: DeviceConnections(mostPerDevice: 2, mostPerApp: 0), rates: rates, usage: nil,
                monitor: shared.monitor, clock: clock, logger: logger)
            let admin = AdminNamespace(
                chat: chat, presence: Followed(), identity: Followed(chat), hub: hub,
                wire: hub.add(AdminFormat(), owner: "test"), rates: rates, monitor: shared.monitor, clock: clock,
                logger: logger)
            made = (client, admin)
            return [client.namespace, admin.namespace]
        }
        (client, admin) = try #require(made)
        try bench.opened()
    }

    private func connect(_ namespace: String, admin token: String? = nil) throws {
        let proof = token.map { #""admin_token":"\#($0)""# } ?? #""device_id":"phone","api_key":"old""#
        try bench.receive(#"40\#(namespace),{"app_id":"app",\#(proof)}"#)
    }

    private func release() throws -> [String] {
        chat.release()
        bench.loop.run()
        return try bench.sent()
    }

    @Test(
        "a client whose key was replaced before it has joined does not stay, wherever its admission was",
        arguments: [HeldChat.Call.admit, .latestConversation])
    func client(_ held: HeldChat.Call) throws {
        chat.hold(held)
        try connect("/client")
        #expect(chat.heldCount == 1)
        chat.rotate(to: "new")
        client.accessRevoked(of: HeldChat.app)
        let sent = try release()
        let refused = [#"44/client,{"message":"INVALID_CREDENTIALS"}"#]
        #expect(held == .admit ? sent == refused : sent.last == "close 1008 the credentials hold no more")
        #expect(client.connections.all.isEmpty && bench.connection?.joinedSockets.isEmpty != false)
    }

    @Test("one whose proofs hold still joins, whatever was revoked meanwhile")
    func stays() throws {
        chat.hold(.admit)
        try connect("/client")
        client.accessRevoked(of: HeldChat.app)
        let sent = try release()
        #expect(sent.first?.hasPrefix("40/client,") == true && client.connections.all.count == 1)
        #expect(bench.channel.isActive)
    }

    @Test("an agent whose key was replaced while it was checked is refused; one with a token of its own is not")
    func agent() throws {
        for (token, isRefused) in [("old", true), ("token", false)] {
            chat.hold(.principal)
            try connect("/admin", admin: token)
            chat.rotate(to: "new")
            admin.keyRevoked(of: HeldChat.app)
            let sent = try release()
            #expect(sent.first?.hasPrefix(isRefused ? "44/admin," : "40/admin,") == true, "\(sent)")
            #expect(admin.keyHolders.connections(of: HeldChat.app).isEmpty)
            chat.rotate(to: "old")
        }
    }

    @Test("an agent who came by the key is known before it has joined, and closed with it")
    func registered() throws {
        try connect("/admin", admin: "old")
        #expect(admin.keyHolders.connections(of: HeldChat.app).count == 1)
        _ = try bench.sent()
        admin.keyRevoked(of: HeldChat.app)
        bench.loop.run()
        #expect(try bench.sent() == ["41/admin,", "close 1008 the credentials hold no more"])
        #expect(admin.keyHolders.connections(of: HeldChat.app).isEmpty)
    }

    @Test("a conversation that is opened while its device's socket is admitted is joined")
    func opened() throws {
        chat.hold(.latestConversation)
        try connect("/client")
        client.conversationOpened(HeldChat.conversation("conv_1", of: device))
        let sent = try release()
        #expect(sent.count == 3 && sent.last?.contains("conversation:joined") == true, "\(sent)")
        #expect(sent.last?.contains("conv_1") == true)
    }

    @Test("a conversation that is opened meanwhile and is the latest is entered without another read")
    func openedIsLatest() throws {
        chat.hold(.latestConversation)
        chat.setLatest("conv_1")
        chat.fail(.conversation)
        try connect("/client")
        client.conversationOpened(HeldChat.conversation("conv_1", of: device))
        let sent = try release()
        #expect(sent.count == 3 && sent.last?.contains("conversation:joined") == true, "\(sent)")
    }

    @Test("a device that has all the sockets it may loses none to one whose admission fails")
    func failedAdmission() throws {
        let other = try ConnectionBench()
        try other.opened()
        let connection = try #require(other.connection)
        let old = (0..<2).map { _ in
            ClientHandler(
                device: device, software: nil, namespace: client,
                peer: NamespaceSocket(namespace: "/client", connection: connection))
        }
        for handler in old {
            #expect(client.connections.admit(handler, of: device))
            #expect(client.connections.replaced(by: handler, of: device) == nil)
        }
        chat.fail(.latestConversation)
        try connect("/client")
        #expect(try bench.sent() == [#"44/client,{"message":"AUTH_ERROR"}"#])
        #expect(client.connections.all.map(ObjectIdentifier.init) == old.map(ObjectIdentifier.init))
        chat.fail(nil)
        try connect("/client")
        #expect(try bench.sent().first?.hasPrefix("40/client,") == true)
        #expect(client.connections.all.count == 2 && client.connections.all.first === old[1])
    }

    @Test("a client that leaves while it is admitted is forgotten")
    func gone() throws {
        chat.hold(.latestConversation)
        try connect("/client")
        #expect(client.connections.all.count == 1)
        bench.channel.close(promise: nil)
        chat.release()
        bench.loop.run()
        #expect(client.connections.all.isEmpty)
    }
}
