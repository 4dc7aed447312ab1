import NIOCore
import PluginAPI

/// The joins that a socket asked for, and how each is acknowledged.
typealias ClientJoins = JoinQueue<ClientHandler.Acknowledge>

/// One socket of a device on `/client`: in at most one conversation's room at a time.
final class ClientHandler: SocketIOHandler, DeviceConnection, @unchecked Sendable {
    // Mutable state is touched on its event loop only.

    typealias Acknowledge = @Sendable ([SocketIOValue]) -> Void

    let device: DeviceIdentity
    let software: KnownSoftware?
    let namespace: ClientNamespace
    /// The socket, also before it has joined and when it is gone.
    let peer: NamespaceSocket
    private(set) var socket: NamespaceSocket?
    private(set) var outlet: RealtimeConnection?
    var room: ConversationID?
    var joins = ClientJoins()
    /// Where it enters when it joins. Set before that.
    var latest: ConversationHead? {
        get { welcome?.head }
        set { welcome = newValue.map(Welcome.init) }
    }
    private var welcome: Welcome?
    /// What was opened over HTTP before it has joined.
    private var early: ConversationID?
    private var session: ConnectionInfo?
    /// Which presence was told of the session.
    private var presenceGeneration: Int?
    /// What it was let in by holds no more.
    private var isRevoked = false
    private var hasEnded = false
    private lazy var budget = EventBudget(namespace.rates)

    init(
        device: DeviceIdentity,
        software: KnownSoftware?,
        namespace: ClientNamespace,
        peer: NamespaceSocket
    ) {
        self.device = device
        self.software = software
        self.namespace = namespace
        self.peer = peer
    }

    var eventLoop: any EventLoop { peer.eventLoop }
    var lastSignOfLife: NIODeadline { peer.lastSignOfLife }

    /// Apart from the handler, since it is wanted once: in place it would take its room for as long as the socket lives.
    private final class Welcome {
        let head: ConversationHead
        init(_ head: ConversationHead) { self.head = head }
    }

    var executor: EventLoopExecutor { EventLoopExecutor(eventLoop) }

    func joined(_ socket: any SocketIOSocket) {
        guard let socket = socket as? NamespaceSocket, let outlet = socket.outlet else { return }
        self.socket = socket
        self.outlet = outlet
        if isRevoked { return revoke() }
        let session = ConnectionInfo(id: outlet.id, device: device, connectedAt: namespace.clock.now)
        self.session = session
        socket.send(namespace.replies.connected(outlet.id, at: session.connectedAt))
        reportToPresence()
        if let latest, early == nil || early == latest.conversation.id {
            enter(latest)
        } else if let early {
            enqueue(ClientJoins.Join(early, isSilent: true))
        }
        (early, welcome) = (nil, nil)
    }

    func disconnected(_ socket: any SocketIOSocket, reason: String) {
        namespace.connections.release(self, of: device)
        leaveRoom()
        let presence = namespace.presence.current
        if let session, presence.generation == presenceGeneration {
            presence.value?.disconnected(session, reason: reason)
        }
        session = nil
        self.socket = nil
        outlet = nil
        hasEnded = true
        joins.removeAll()
    }

    func received(
        _ event: String,
        _ arguments: [SocketIOValue],
        acknowledge: Acknowledge?,
        from socket: any SocketIOSocket
    ) {
        guard isWithinBudget(event) else { return }
        switch event {
        case "ping":
            self.socket?.send(namespace.replies.pong)
        case "conversation:join":
            guard let conversation = ConversationID(payload: arguments) else {
                return refuse(.join, .missingConversationID, acknowledge)
            }
            enqueue(ClientJoins.Join(conversation, reply: acknowledge))
        case "conversation:leave":
            if let conversation = ConversationID(payload: arguments) { leave(conversation) }
        case "typing:start", "typing:stop":
            guard let conversation = ConversationID(payload: arguments) else {
                return refuse(.typing, .missingConversationID, nil)
            }
            typing(event == "typing:start", in: conversation)
        default:
            return
        }
    }

    /// Ends the socket, also if it has not joined yet. On the loop.
    func revoke() {
        isRevoked = true
        socket?.disconnect(.revoked)
    }

    /// Enters a conversation that was opened elsewhere. From any thread.
    func follow(_ conversation: ConversationID) {
        eventLoop.execute {
            guard !self.hasEnded, self.room != conversation else { return }
            if self.socket == nil {
                self.early = conversation
            } else {
                self.enqueue(ClientJoins.Join(conversation, isSilent: true))
            }
        }
    }

    /// Tells presence of the session, each provider once. On the loop.
    func reportToPresence() {
        let presence = namespace.presence.current
        guard let session, presence.generation != presenceGeneration else { return }
        presenceGeneration = presence.generation
        presence.value?.connected(session)
    }

    /// Says why an event was not fulfilled: as its acknowledgement, or by an event where none was asked for.
    func refuse(_ event: FailedEvent.Event, _ code: FailedEvent.Code, _ acknowledge: Acknowledge?) {
        namespace.monitor.failed(FailedEvent(event: event, code: code), of: device.app)
        if let acknowledge { return acknowledge(Acknowledgement.failure(code)) }
        socket?.send(namespace.replies.error(code))
    }

    private func isWithinBudget(_ event: String) -> Bool {
        let verdict = budget.event(EventBudget.Kind(event))
        if verdict == .proceed { return true }
        let failed = FailedEvent(event: FailedEvent.Event(event), code: .rateLimited)
        namespace.monitor.failed(failed, of: device.app)
        if verdict == .dropAndComplain { socket?.send(namespace.replies.error(.rateLimited)) }
        return false
    }
}
