import PluginAPI
import Synchronization

/// Takes pushes from the outbox when they are due, decides, and hands them to their providers.
///
/// Three loops, each woken by a signal: one claims and sends, one saves what became of it, one cancels for devices that
/// came. What is under way is bounded by ``PushConfiguration/inFlightLimit``; what cannot be saved stops the claiming.
final class PushDesk: PushSender {
    let store: any Store
    let clock: any WallClock
    let logger: Logger
    let configuration: PushConfiguration
    let policies: PolicyBook
    let zones = ZoneBook()
    let metrics: PushMetrics
    let judge: PushJudge
    let text: PushText
    let retries: RetryRules
    /// Names this process's claims.
    let lease = PushLease(rawValue: IDGenerator.uuidV4())
    let state = Mutex(DeskState())
    let claiming = Signal()
    let saving = Signal()
    let arriving = Signal()
    let trouble: StoreTrouble
    private let presence: @Sendable () -> (any Presence)?
    private let providers: @Sendable (PushTokenProvider) -> (any PushProvider)?
    private let timer: DeadlineTimer

    init(
        store: any Store,
        configuration: PushConfiguration,
        presence: @escaping @Sendable () -> (any Presence)?,
        providers: @escaping @Sendable (PushTokenProvider) -> (any PushProvider)?,
        clock: any WallClock,
        eventLoop: any EventLoop,
        metrics: PushMetrics,
        health: PluginHealth,
        logger: Logger
    ) {
        self.store = store
        self.configuration = configuration
        self.presence = presence
        self.providers = providers
        self.clock = clock
        self.metrics = metrics
        self.logger = logger
        timer = DeadlineTimer(on: eventLoop)
        trouble = StoreTrouble(health: health, logger: logger)
        policies = PolicyBook(store: store, defaults: configuration.defaults, logger: logger)
        judge = PushJudge(recheck: configuration.recheck)
        text = PushText(merged: configuration.mergedText)
        retries = RetryRules(delay: configuration.retryDelay)
    }

    func intent(for app: AppID, from sender: Message.Sender, at now: Timestamp) -> PushIntent? {
        guard sender != .user, canPush(for: app), policies.remembered(app)?.isEnabled ?? true else { return nil }
        let hasRoom = state.withLock { state in
            guard state.waiting < configuration.queueLimit else { return false }
            state.enqueued()
            return true
        }
        guard hasRoom else {
            metrics.overflowed()
            return nil
        }
        return PushIntent(due: now + configuration.window, expires: now + configuration.maxAge)
    }

    /// Hears of everything that happens on this node; quick.
    func hear(_ event: DomainEvent) {
        switch event {
        case .messageCreated(let message, _):
            if message.sender != .user, canPush(for: message.app) { wake(at: message.createdAt + configuration.window) }
        case .sessionConnected(let info):
            // One node alone knows whether anything waits.
            let isWorthLooking = state.withLock { state in
                guard store.isShared || state.waiting > 0 else { return false }
                state.arrived(info.device)
                return true
            }
            if isWorthLooking { arriving.send() }
        default: break
        }
    }

    /// Sees to it that the outbox is looked at then.
    func wake(at time: Timestamp) {
        let wait = min(max(time - clock.now, .zero), configuration.pollInterval)
        timer.arm(at: .now() + TimeAmount(wait)) { [claiming] in claiming.send() }
    }

    func close() { timer.cancel() }

    func provider(for token: PushToken) -> (any PushProvider)? { providers(token.route) }

    func isOnline(_ device: DeviceIdentity) async -> Bool { await presence()?.isOnline(device) ?? false }

    var hasProvider: Bool { PushTokenProvider.all.contains { providers($0) != nil } }

    private func canPush(for app: AppID) -> Bool {
        PushTokenProvider.all.contains { kind in providers(kind).map { $0.obstacle(for: app) == nil } ?? false }
    }

    /// Why a token cannot be reached; nil: it can.
    func obstacle(to token: PushToken, of app: AppID) -> String? {
        if let provider = provider(for: token) { return provider.obstacle(for: app) }
        return Self.absence(of: token.route)
    }

    /// What a token's way lacks when nobody provides it.
    static func absence(of route: PushTokenProvider) -> String {
        switch route {
        case .apns: "its token is one of Apple's own, and nothing here speaks to Apple"
        case .fcm: "no plugin here speaks to Firebase"
        }
    }
}
