import NIOCore
import PluginAPI

/// `/admin`: the sockets of agents (`socketio.md` 4 and 7).
struct AdminNamespace: Sendable {
    let chat: any Chat
    let presence: Followed<any Presence>
    /// While there is none nobody can tell who is an agent, so nobody is let in.
    let identity: Followed<any AdminIdentity>
    let hub: RealtimeHub
    let wire: WireFormatID
    let rates: EventBudget.Rates
    let monitor: SocketIOMonitor
    let clock: any WallClock
    let logger: Logger
    let replies = SocketReplies(namespace: AdminFormat.namespace)
    /// Those who came in by their app's client key.
    let keyHolders = AppConnections<AdminHandler>()
    private let revocations = AccessRevocations()

    var namespace: Namespace {
        Namespace(name: AdminFormat.namespace) { socket, auth in try await connect(socket, auth) }
    }

    /// The app's client key was replaced.
    func keyRevoked(of app: AppID) {
        revocations.happened()
        for handler in keyHolders.connections(of: app) { handler.eventLoop.execute { handler.revoke() } }
    }

    private func connect(_ socket: NamespaceSocket, _ auth: JSONValue) async throws -> any SocketIOHandler {
        guard let app = auth["app_id"]?.stringValue, !app.isEmpty,
            let token = auth["admin_token"]?.stringValue, !token.isEmpty
        else { throw ConnectRefusal(.missingParameters, "MISSING_PARAMS") }
        do {
            guard let identity = identity.value else { throw AdminRefusal.invalid }
            let handler = try await revocations.admit {
                try await identity.principal(app: AppID(rawValue: app), token: token)
            } register: { principal in
                let handler = AdminHandler(principal: principal, namespace: self, eventLoop: socket.eventLoop)
                if principal.isKeyHolder { keyHolders.add(handler, of: principal.app) }
                return handler
            } withdraw: { handler in
                keyHolders.remove(handler, of: handler.principal.app)
            }
            // Before the agent is sent that it is connected: from then on it must get every message of its app.
            if handler.principal.may(.viewConversations) { await hub.look(at: handler.principal.app) }
            return handler
        } catch {
            let isRefused = error is AdminRefusal
            if !isRefused {
                logger.log(
                    level: (error as? ChatError)?.logLevel ?? .error, "An agent could not be authenticated",
                    metadata: ["error": "\(String(reflecting: error))"])
            }
            throw ConnectRefusal(
                isRefused ? .invalidCredentials : .unavailable, "INVALID_CREDENTIALS", app: AppID(rawValue: app))
        }
    }
}
