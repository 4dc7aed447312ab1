import NIOCore
import PluginAPI

/// One agent's socket on `/admin`: in its app's room, and in any number of conversations'.
final class AdminHandler: SocketIOHandler, @unchecked Sendable {  // Mutable state is touched on its event loop only.
    typealias Acknowledge = @Sendable ([SocketIOValue]) -> Void

    let principal: AdminPrincipal
    let namespace: AdminNamespace
    let eventLoop: any EventLoop
    let executor: EventLoopExecutor
    private(set) var socket: NamespaceSocket?
    private(set) var outlet: RealtimeConnection?
    var conversations: Set<ConversationID> = []
    var pendingJoins = PendingJoins()
    var callCount = 0
    var expiry: TimerWheel.Timer?
    private var budget: EventBudget
    /// The key that it came in by holds no more.
    private var isRevoked = false

    init(principal: AdminPrincipal, namespace: AdminNamespace, eventLoop: any EventLoop) {
        self.principal = principal
        self.namespace = namespace
        self.eventLoop = eventLoop
        executor = EventLoopExecutor(eventLoop)
        budget = EventBudget(namespace.rates)
    }

    func joined(_ socket: any SocketIOSocket) {
        guard let socket = socket as? NamespaceSocket, let outlet = socket.outlet,
            let rooms = namespace.hub.rooms(on: eventLoop)
        else { return }
        self.socket = socket
        self.outlet = outlet
        if isRevoked { return revoke() }
        // All of the app's conversations are heard there.
        if principal.may(.viewConversations) {
            rooms.join(outlet, topic: .app(principal.app), wire: namespace.wire)
        }
        socket.send(namespace.replies.connected(outlet.id, at: namespace.clock.now))
        armExpiry(rooms.timers)
    }

    func disconnected(_ socket: any SocketIOSocket, reason: String) {
        expiry?.cancel()
        expiry = nil
        namespace.keyHolders.remove(self, of: principal.app)
        if let outlet, let rooms = namespace.hub.rooms(on: eventLoop) {
            rooms.leave(outlet, topic: .app(principal.app), wire: namespace.wire)
            for conversation in conversations { leave(conversation, outlet, rooms) }
        }
        conversations = []
        self.socket = nil
        outlet = nil
    }

    func received(
        _ event: String,
        _ arguments: [SocketIOValue],
        acknowledge: Acknowledge?,
        from socket: any SocketIOSocket
    ) {
        guard isWithinBudget(event) else { return }
        switch event {
        case "ping": self.socket?.send(namespace.replies.pong)
        case "conversation:join": join(arguments, acknowledge)
        case "conversation:leave": leave(arguments)
        case "message:send": send(arguments, acknowledge)
        case "sessions:list": listSessions(acknowledge)
        case "typing:start": typing(true, arguments)
        case "typing:stop": typing(false, arguments)
        default: return  // `app:subscribe` too: whoever may see conversations is in the room of the app.
        }
    }

    /// Ends the socket, also if it has not joined yet. On the loop.
    func revoke() {
        isRevoked = true
        socket?.disconnect(.revoked)
    }

    /// Says why an event was not fulfilled: as its acknowledgement, or by an event where none was asked for.
    func refuse(_ event: FailedEvent.Event, _ code: FailedEvent.Code, _ acknowledge: Acknowledge?) {
        namespace.monitor.failed(FailedEvent(event: event, code: code), of: principal.app)
        if let acknowledge { return acknowledge(Acknowledgement.failure(code)) }
        socket?.send(namespace.replies.error(code))
    }

    private func isWithinBudget(_ event: String) -> Bool {
        let verdict = budget.event(EventBudget.Kind(event))
        if verdict == .proceed { return true }
        let failed = FailedEvent(event: FailedEvent.Event(event), code: .rateLimited)
        namespace.monitor.failed(failed, of: principal.app)
        if verdict == .dropAndComplain { socket?.send(namespace.replies.error(.rateLimited)) }
        return false
    }
}
