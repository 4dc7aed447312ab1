import NIOCore
import PluginAPI

/// `/v1/realtime`: lets devices in by their app's key (`legacy-ws.md` 1).
final class ClientDoor: LegacyDoor {
    let chat: any Chat
    let presence: Followed<any Presence>
    let hub: RealtimeHub
    let wire: WireFormatID
    let connections: DeviceConnections<ClientPeer>
    let sunset: SunsetPolicy
    let monitor: LegacyMonitor
    let clock: any WallClock
    let logger: Logger
    private let refusals: RefusalCodes
    private let usage: LegacyUsage?
    private let revocations = AccessRevocations()

    init(
        chat: any Chat,
        presence: Followed<any Presence>,
        hub: RealtimeHub,
        wire: WireFormatID,
        connections: DeviceConnections<ClientPeer>,
        sunset: SunsetPolicy,
        refusals: RefusalCodes,
        usage: LegacyUsage?,
        monitor: LegacyMonitor,
        clock: any WallClock,
        logger: Logger
    ) {
        self.chat = chat
        self.presence = presence
        self.hub = hub
        self.wire = wire
        self.connections = connections
        self.sunset = sunset
        self.refusals = refusals
        self.usage = usage
        self.monitor = monitor
        self.clock = clock
        self.logger = logger
    }

    func admit(_ request: LegacyRequest, on eventLoop: any EventLoop) async throws -> any LegacyPeer {
        let claim = try Self.claim(of: request)
        let peer = try await revocations.admit {
            try await check(claim)
        } register: {
            try register(claim.device, request, on: eventLoop)
        } withdraw: { peer in
            connections.release(peer, of: claim.device)
        }
        do {
            peer.latest = try await chat.latestConversation(of: claim.device)
        } catch {
            connections.release(peer, of: claim.device)
            throw failed(error)
        }
        if let replaced = connections.replaced(by: peer, of: claim.device) {
            monitor.replaced(claim.device)
            replaced.makeRoom()
        }
        return peer
    }

    private func register(
        _ device: DeviceIdentity, _ request: LegacyRequest, on eventLoop: any EventLoop
    ) throws -> ClientPeer {
        // Noted before it is refused: a device that connects during a brownout still uses this wire.
        let software = usage?.note(device, request)
        if let refusal = sunset.refusal(at: clock.now) { throw LegacyClose.brownout(refusal) }
        let peer = ClientPeer(device: device, software: software, door: self, eventLoop: eventLoop)
        guard connections.admit(peer, of: device) else { throw LegacyClose.tooManyConnections }
        return peer
    }

    /// What the app's clients were let in by holds no more: they may show again what they have.
    func accessRevoked(of app: AppID) {
        revocations.happened()
        for peer in connections.connections(of: app) { peer.eventLoop.execute { peer.revoke() } }
    }

    /// The device asked for its conversation over HTTP: its live connections hear it from now on.
    func conversationOpened(_ conversation: Conversation) {
        for peer in connections.connections(of: conversation.owner) { peer.follow(conversation.id) }
    }

    private static func claim(of request: LegacyRequest) throws(LegacyClose) -> ClientClaim {
        guard let app = request.query["app_id"], let device = request.query["device_id"],
            let key = request.value(LegacyRequest.apiKey, or: "api_key")
        else { throw .missingParameters }
        // Nothing of that length exists; it is not worth looking up.
        guard [app, device, key].allSatisfy({ $0.utf8.count <= LegacyRequest.longest }) else { throw .invalidAppID }
        return ClientClaim(
            device: DeviceIdentity(app: AppID(rawValue: app), device: DeviceID(rawValue: device)), key: key,
            deviceSecret: request.value(LegacyRequest.deviceSecret, or: "device_secret"),
            userToken: request.value(LegacyRequest.userToken, or: "user_token"))
    }

    private func check(_ claim: ClientClaim) async throws {
        do {
            if try await chat.admit(claim) { return }
        } catch let error as ChatError where error.code == .invalidDeviceSecret || error.code == .invalidUserToken {
            throw LegacyClose.invalidAppID
        } catch {
            throw failed(error)
        }
        throw await refusals.refusal(of: claim.device.app)
    }

    private func failed(_ error: any Error) -> LegacyClose {
        // A peer that leaves while it waits is no news.
        let level = error is CancellationError ? .debug : (error as? ChatError)?.logLevel ?? .error
        logger.log(
            level: level, "A client could not be authenticated",
            metadata: ["error": "\(String(reflecting: error))"])
        return .unavailable
    }
}

/// What a client with a wrong key or an unknown app hears.
struct RefusalCodes: Sendable {
    /// Where to find out whether the app exists; nil: both are answered alike, so that strangers learn nothing.
    let apps: (any AppStore)?

    func refusal(of app: AppID) async -> LegacyClose {
        // Unknown when it cannot be looked up: that says least.
        guard let apps, case .some(.some) = try? await apps.app(app) else { return .invalidAppID }
        return .invalidKey
    }
}
