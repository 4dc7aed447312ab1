import NIOCore
import PluginAPI

/// `/admin/realtime`: lets agents in (`legacy-ws.md` 1).
///
/// By their access token, in `Authorization` or `admin_token`; `api_key`, which is the app's client key, is let in only
/// where the dashboard's own switch allows it.
final class AdminDoor: LegacyDoor {
    let chat: any Chat
    /// While there is none nobody can tell who is an agent, and nobody is let in.
    let identity: Followed<any AdminIdentity>
    let hub: RealtimeHub
    let wire: WireFormatID
    let sunset: SunsetPolicy
    let monitor: LegacyMonitor
    let clock: any WallClock
    let logger: Logger
    /// Those who came in by their app's client key.
    let keyHolders = AppConnections<AdminPeer>()
    private let revocations = AccessRevocations()

    init(
        chat: any Chat,
        identity: Followed<any AdminIdentity>,
        hub: RealtimeHub,
        wire: WireFormatID,
        sunset: SunsetPolicy,
        monitor: LegacyMonitor,
        clock: any WallClock,
        logger: Logger
    ) {
        self.chat = chat
        self.identity = identity
        self.hub = hub
        self.wire = wire
        self.sunset = sunset
        self.monitor = monitor
        self.clock = clock
        self.logger = logger
    }

    /// The app's client key was replaced.
    func keyRevoked(of app: AppID) {
        revocations.happened()
        for peer in keyHolders.connections(of: app) { peer.eventLoop.execute { peer.revoke() } }
    }

    func admit(_ request: LegacyRequest, on eventLoop: any EventLoop) async throws -> any LegacyPeer {
        guard let app = request.query["app_id"],
            let token = request.bearer ?? request.query["admin_token"] ?? request.query["api_key"]
        else { throw LegacyClose.missingParameters }
        // Nothing is wrong with the token while nobody can check it.
        guard let identity = identity.value else { throw LegacyClose.unavailable }
        return try await revocations.admit {
            try await principal(app: AppID(rawValue: app), token: token, by: identity)
        } register: { principal in
            if let refusal = sunset.refusal(at: clock.now) { throw LegacyClose.brownout(refusal) }
            let peer = AdminPeer(principal: principal, door: self, eventLoop: eventLoop)
            if principal.isKeyHolder { keyHolders.add(peer, of: principal.app) }
            return peer
        } withdraw: { peer in
            keyHolders.remove(peer, of: peer.principal.app)
        }
    }

    private func principal(
        app: AppID, token: String, by identity: any AdminIdentity
    ) async throws(LegacyClose) -> AdminPrincipal {
        do {
            return try await identity.principal(app: app, token: token)
        } catch let error as ChatError {
            logger.log(
                level: error.logLevel, "An agent could not be authenticated",
                metadata: ["error": "\(error.debugDescription)"])
            throw .unavailable
        } catch {
            throw .invalidCredentials
        }
    }
}
