import NIOCore
import PluginAPI

/// `/client`: the sockets of apps' users (`socketio.md` 4 to 6).
final class ClientNamespace: Sendable {
    let chat: any Chat
    let presence: Followed<any Presence>
    let hub: RealtimeHub
    let wire: WireFormatID
    let connections: DeviceConnections<ClientHandler>
    let rates: EventBudget.Rates
    /// Notes which devices come this way; nil: there is nowhere to note it.
    let usage: UsageRecorder?
    let monitor: SocketIOMonitor
    let clock: any WallClock
    let logger: Logger
    let replies = SocketReplies(namespace: ClientFormat.namespace)
    private let revocations = AccessRevocations()

    init(
        chat: any Chat,
        presence: Followed<any Presence>,
        hub: RealtimeHub,
        wire: WireFormatID,
        connections: DeviceConnections<ClientHandler>,
        rates: EventBudget.Rates,
        usage: UsageRecorder?,
        monitor: SocketIOMonitor,
        clock: any WallClock,
        logger: Logger
    ) {
        self.chat = chat
        self.presence = presence
        self.hub = hub
        self.wire = wire
        self.connections = connections
        self.rates = rates
        self.usage = usage
        self.monitor = monitor
        self.clock = clock
        self.logger = logger
    }

    var namespace: Namespace {
        Namespace(name: ClientFormat.namespace) { [self] socket, auth in try await connect(socket, auth) }
    }

    private func connect(_ socket: NamespaceSocket, _ auth: JSONValue) async throws -> any SocketIOHandler {
        guard let app = auth["app_id"]?.stringValue, !app.isEmpty,
            let device = auth["device_id"]?.stringValue, !device.isEmpty,
            let key = auth["api_key"]?.stringValue, !key.isEmpty
        else { throw ConnectRefusal(.missingParameters, "MISSING_PARAMS") }
        let identity = DeviceIdentity(app: AppID(rawValue: app), device: DeviceID(rawValue: device))
        let invalid = ConnectRefusal(.invalidCredentials, "INVALID_CREDENTIALS", app: identity.app)
        guard identity.isWellFormed else { throw invalid }
        do {
            let claim = ClientClaim(
                device: identity, key: key, deviceSecret: auth["device_secret"]?.stringValue,
                userToken: auth["user_token"]?.stringValue)
            let handler = try await revocations.admit {
                guard try await chat.admit(claim) else { throw invalid }
            } register: {
                try register(socket, of: identity)
            } withdraw: { handler in
                connections.release(handler, of: identity)
            }
            // Not before it is registered: a conversation that is opened meanwhile reaches it one way or the other.
            do {
                handler.latest = try await chat.latestConversation(of: identity)
            } catch {
                connections.release(handler, of: identity)
                throw error
            }
            if let replaced = connections.replaced(by: handler, of: identity) {
                monitor.replaced(identity)
                replaced.peer.disconnect(.replaced)
            }
            return handler
        } catch let refusal as ConnectRefusal {
            throw refusal
        } catch let error as ChatError where error.code == .invalidDeviceSecret || error.code == .invalidUserToken {
            throw invalid
        } catch {
            // A peer that leaves while it waits is no news.
            let level = error is CancellationError ? .debug : (error as? ChatError)?.logLevel ?? .error
            logger.log(
                level: level, "A client could not be authenticated",
                metadata: ["error": "\(String(reflecting: error))"])
            throw ConnectRefusal(.unavailable, "AUTH_ERROR", app: identity.app)
        }
    }

    private func register(_ socket: NamespaceSocket, of device: DeviceIdentity) throws -> ClientHandler {
        let software = socket.software
        if let software { usage?.note(device, software) }
        let handler = ClientHandler(device: device, software: software, namespace: self, peer: socket)
        guard connections.admit(handler, of: device) else {
            throw ConnectRefusal(.connectionsPerApp, "TOO_MANY_CONNECTIONS", app: device.app)
        }
        return handler
    }

    /// What the app's clients were let in by holds no more: they may show again what they have.
    func accessRevoked(of app: AppID) {
        revocations.happened()
        for handler in connections.connections(of: app) { handler.eventLoop.execute { handler.revoke() } }
    }

    /// A client asked for its conversation over HTTP: its live sockets follow.
    func conversationOpened(_ conversation: Conversation) {
        for handler in connections.connections(of: conversation.owner) { handler.follow(conversation.id) }
    }
}
