import NIOCore
import PluginAPI

/// One agent's socket on `/admin`: in its app's room, and in any number of conversations'.
final class AdminHandler: SocketIOHandler, @unchecked Sendable {  // Mutable state is touched on its event loop only.
    typealias Acknowledge = @Sendable ([SocketIOValue]) -> Void

    /// The most conversations that one agent's socket can be in.
    private static let mostRooms = 500
    /// The most calls that may be under way for one socket.
    private static let mostCalls = 64

    let principal: AdminPrincipal
    private let namespace: AdminNamespace
    private let eventLoop: any EventLoop
    private let executor: EventLoopExecutor
    private var socket: NamespaceSocket?
    private var outlet: RealtimeConnection?
    private var conversations: Set<ConversationID> = []
    private var callCount = 0
    private var budget: EventBudget
    private var expiry: TimerWheel.Timer?

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

    private func isWithinBudget(_ event: String) -> Bool {
        switch budget.event(event) {
        case .proceed: return true
        case .drop: return false
        case .dropAndComplain:
            socket?.send(namespace.replies.error(code: "RATE_LIMIT_EXCEEDED", "Too many events"))
            return false
        }
    }

    /// Runs an async call for this socket; its answer is an acknowledgement.
    private func call(
        _ acknowledge: Acknowledge?,
        _ body: @escaping @Sendable (AdminHandler) async throws -> [SocketIOValue]
    ) {
        guard callCount < Self.mostCalls else {
            acknowledge?(Acknowledgement.failure("RATE_LIMIT_EXCEEDED"))
            return
        }
        callCount += 1
        // Bounded by `mostCalls`; ends with the store's answer.
        Task(executorPreference: executor) {
            let answer: [SocketIOValue]
            do {
                answer = try await body(self)
            } catch {
                if (error as? ChatError)?.code == .unavailable || !(error is ChatError) {
                    self.namespace.logger.error(
                        "An agent's call failed", metadata: ["error": "\(String(reflecting: error))"])
                }
                answer = Acknowledgement.failure(error)
            }
            acknowledge?(answer)
            self.callCount -= 1
        }
    }
}

// MARK: Conversations

extension AdminHandler {
    private func join(_ arguments: [SocketIOValue], _ acknowledge: Acknowledge?) {
        guard let conversation = ConversationID(payload: arguments) else {
            acknowledge?(Acknowledgement.failure("MISSING_CONVERSATION_ID"))
            return
        }
        guard principal.may(.viewConversations) else {
            acknowledge?(Acknowledgement.failure("FORBIDDEN"))
            return
        }
        guard conversations.count < Self.mostRooms else {
            acknowledge?(Acknowledgement.failure("TOO_MANY_CONVERSATIONS"))
            return
        }
        call(acknowledge) { handler in
            let scope = ConversationScope.app(handler.principal.app)
            let head = try await handler.namespace.chat.conversation(conversation, in: scope)
            handler.enter(head)
            return Acknowledgement.joined(head)
        }
    }

    private func enter(_ head: ConversationHead) {
        guard let outlet, let rooms = namespace.hub.rooms(on: eventLoop) else { return }
        conversations.insert(head.conversation.id)
        rooms.join(outlet, topic: .conversation(head.conversation.id), wire: namespace.wire)
        socket?.send(namespace.replies.conversationJoined(head))
    }

    private func leave(_ arguments: [SocketIOValue]) {
        guard let conversation = ConversationID(payload: arguments), conversations.remove(conversation) != nil,
            let outlet, let rooms = namespace.hub.rooms(on: eventLoop)
        else { return }
        leave(conversation, outlet, rooms)
    }

    private func leave(_ conversation: ConversationID, _ outlet: RealtimeConnection, _ rooms: LoopRooms) {
        rooms.leave(outlet, topic: .conversation(conversation), wire: namespace.wire)
        namespace.chat.leave(conversation, connection: outlet.id)
    }

    private func typing(_ isTyping: Bool, _ arguments: [SocketIOValue]) {
        guard let conversation = ConversationID(payload: arguments), conversations.contains(conversation), let outlet,
            principal.may(.sendMessages)
        else { return }
        let typing = Typing(conversation: conversation, app: principal.app, side: .agent, isTyping: isTyping)
        namespace.chat.typing(typing, by: outlet.id)
    }
}

// MARK: Messages and sessions

extension AdminHandler {
    private func send(_ arguments: [SocketIOValue], _ acknowledge: Acknowledge?) {
        guard principal.may(.sendMessages) else {
            acknowledge?(Acknowledgement.failure("FORBIDDEN"))
            return
        }
        guard let payload = arguments.first?.json,
            let conversation = payload["conversation_id"]?.stringValue, !conversation.isEmpty,
            let body = payload["body"]?.stringValue, !body.isEmpty,
            let localID = Self.localID(payload["local_id"])
        else {
            acknowledge?(Acknowledgement.failure("INVALID_PAYLOAD"))
            return
        }
        call(acknowledge) { handler in
            let message = try await handler.namespace.chat.send(
                MessageDraft(localID: localID.id, body: body),
                to: ConversationID(rawValue: conversation),
                in: .app(handler.principal.app),
                as: .agent
            )
            return Acknowledgement.success(["message": message.wireObject])
        }
    }

    /// Nil: not a local id. Absent and null let the server make one.
    private static func localID(_ value: JSONValue?) -> (id: LocalMessageID?, Void)? {
        guard let value, !value.isNull else { return (nil, ()) }
        guard let text = value.stringValue, !text.isEmpty, text.utf8.count <= 255 else { return nil }
        return (LocalMessageID(rawValue: text), ())
    }

    private func listSessions(_ acknowledge: Acknowledge?) {
        guard principal.may(.viewConversations) else {
            acknowledge?(Acknowledgement.failure("FORBIDDEN"))
            return
        }
        call(acknowledge) { handler in
            let sessions = await handler.namespace.presence?.connections(of: handler.principal.app) ?? []
            let rows = sessions.map { session -> JSONValue in
                [
                    "connectionId": .string(session.id.rawValue),
                    "deviceId": .string(session.device.device.rawValue),
                    "appId": .string(session.device.app.rawValue),
                    "connectedAt": .string(session.connectedAt.iso8601),
                ]
            }
            return [.json(["sessions": .array(rows)])]
        }
    }
}

// MARK: Expiry

extension AdminHandler: TimerTarget {
    /// How long a socket outlives its token, so that a refresh in time costs no reconnect.
    private static let grace = Duration.seconds(60)

    private func armExpiry(_ timers: TimerWheel) {
        guard let expiresAt = principal.expiresAt else { return }
        let left = expiresAt.adding(milliseconds: Self.grace.wholeMilliseconds).milliseconds(since: namespace.clock.now)
        let timer = timers.makeTimer(for: self)
        timer.arm(at: eventLoop.now + .milliseconds(max(0, left)))
        expiry = timer
    }

    func timerFired(at now: NIODeadline) -> NIODeadline? {
        socket?.disconnect(close: true)
        return nil
    }
}

extension Message {
    /// *The* wire message as a value (`http.md` 6.2).
    var wireObject: JSONValue {
        [
            "id": .string(id.rawValue),
            "local_id": .string(localID.rawValue),
            "conversation_id": .string(conversation.rawValue),
            "body": .string(body),
            "sender": .string(sender.rawValue),
            "created_at": .string(createdAt.iso8601),
            "status": .string(status.rawValue),
        ]
    }
}
