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
    /// What providers refuse, which may be every push of an app.
    let refusals: LogSummary
    let configuration: PushConfiguration
    let policies: PolicyBook
    let zones: ZoneBook
    let metrics: PushMetrics
    let judge: PushJudge
    let text: PushText
    let retries: RetryRules
    /// Names this process's claims.
    let lease = PushLease(rawValue: IDGenerator.uuidV4())
    let state = Mutex(DeskState())
    let tray = AnswerTray()
    let claiming = Signal()
    let saving = Signal()
    let arriving = Signal()
    let trouble: StoreTrouble
    let eventLoop: any EventLoop
    /// Who waits for the desk to have no more under way.
    let resting = RestWaiting()
    private let presence: @Sendable () -> (any Presence)?
    private let providers: @Sendable (PushTokenProvider) -> (any PushProvider)?
    private let timer: DeadlineTimer
    private let routes = Mutex(RouteMemory())

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
        let zones = ZoneBook(logger: logger)
        let zone = configuration.defaults.quiet?.timeZone
        self.store = store
        self.configuration = configuration
        self.presence = presence
        self.providers = providers
        self.clock = clock
        self.metrics = metrics
        self.logger = logger
        refusals = LogSummary(logger: logger, clock: clock, eventLoop: eventLoop)
        self.eventLoop = eventLoop
        timer = DeadlineTimer(on: eventLoop)
        self.zones = zones
        trouble = StoreTrouble(
            health: health, logger: logger,
            lasting: zone.flatMap { zones.zone($0) == nil ? ZoneBook.problem($0) : nil })
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
            guard hasProvider else { return }
            let now = clock.now
            // One node alone knows whether anything waits.
            let isWorthLooking = state.withLock { state in
                guard store.isShared || state.waiting > 0 else { return false }
                state.arrived(info.device, at: now)
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

    func close() {
        timer.cancel()
        refusals.close()
    }

    func provider(for token: PushToken) -> (any PushProvider)? { provider(of: token.route) }

    func isOnline(_ device: DeviceIdentity) async -> Bool { await presence()?.isOnline(device) ?? false }

    var hasProvider: Bool { PushTokenProvider.all.contains { provider(of: $0) != nil } }

    private func provider(of route: PushTokenProvider) -> (any PushProvider)? {
        guard let provider = providers(route) else { return nil }
        routes.withLock { $0.saw(route, at: .now()) }
        return provider
    }

    /// A provider that was there a moment ago is taken to come back: a plugin is made anew when its settings change.
    private func canPush(for app: AppID) -> Bool {
        PushTokenProvider.all.contains { route in
            if let provider = provider(of: route) { return provider.obstacle(for: app) == nil }
            return wasOpen(route)
        }
    }

    private func wasOpen(_ route: PushTokenProvider) -> Bool { routes.withLock { $0.wasOpen(route, at: .now()) } }

    /// Why tokens of a kind cannot be reached; nil: they can.
    func obstacle(to route: PushTokenProvider, of app: AppID) -> PushObstacle? {
        if let provider = provider(of: route) { return provider.obstacle(for: app).map { .passing($0) } }
        return switch route {
        case .apns where wasOpen(.apns): .passing("no plugin here speaks to Apple at the moment")
        case .apns: .lasting(Self.absence(of: .apns))
        case .fcm: .passing(Self.absence(of: .fcm))
        }
    }

    /// What a token's way lacks when nobody provides it.
    static func absence(of route: PushTokenProvider) -> String {
        switch route {
        case .apns: "its token is one of Apple's own, and nothing here speaks to Apple"
        case .fcm: "no plugin here speaks to Firebase"
        }
    }
}
