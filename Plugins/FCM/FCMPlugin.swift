import Glibc
import PluginAPI
import ServiceLifecycle
import Synchronization

/// The way to Firebase as a running plugin.
final class FCMPlugin: Plugin {
    private let context: PluginContext
    private let configuration: FCMConfiguration
    private let inbox = Mutex<CourierInbox?>(nil)
    private let shortcomings: Shortcomings

    init(context: PluginContext, configuration: FCMConfiguration) {
        self.context = context
        self.configuration = configuration
        shortcomings = Shortcomings(health: context.health, logger: context.logger)
    }

    /// An account that cannot be used turns push off, for its apps; it never keeps the server from running.
    func start() async throws {
        guard configuration.account != nil || !configuration.projects.isEmpty else {
            context.logger.notice("Push is off: no service account is set (FIREBASE_SERVICE_ACCOUNT_JSON)")
            return
        }
        let plan = ProjectPlan(configuration)
        for (place, problem) in plan.problems {
            shortcomings.set("push is off\(place): \(problem)", of: "account\(place)")
        }
        guard !plan.accounts.isEmpty else { return }
        let inbox = CourierInbox()
        let projects = plan.accounts.map { account in
            CourierProject(
                account: account, endpoint: configuration.endpoint, patience: TimeAmount(configuration.tokenPatience))
        }
        try startThread(projects, inbox)
        self.inbox.withLock { $0 = inbox }
        let provider = FCMProvider(
            inbox: inbox, projects: plan.byApp, usual: plan.usual, urls: projects.map(\.url), clock: context.clock)
        try context.provide(provider, as: .pushProvider(.fcm))
    }

    func run() async throws {
        // Everybody has started: if nobody takes pushes from the store now, nobody does.
        if inbox.withLock({ $0 }) != nil, context.find(.push) == nil {
            shortcomings.set("nothing is handed over to be pushed: the plugin Push is not running", of: "push")
        }
        try await gracefulShutdown()
    }

    func stop() async {
        await inbox.withLock { $0.take() }?.close()
    }

    private func startThread(_ projects: [CourierProject], _ inbox: CourierInbox) throws {
        let options = TransferOptions(
            certificates: configuration.certificates, timeout: configuration.timeout,
            connectTimeout: configuration.connectTimeout)
        let (clock, shortcomings) = (context.clock, shortcomings)
        let isStarted = DedicatedThread.start(named: "fcm") {
            Self.work(projects, inbox, options, clock, shortcomings)
            inbox.end()
        }
        guard isStarted else { throw ChatError(.unavailable, "the system has no thread left to send pushes with") }
    }

    /// Of the courier's thread alone: to Linux, 0 is the thread that asks.
    private static let niceness: CInt = 5

    /// Makes the courier, which belongs to this thread alone, and returns when it is gone.
    private static func work(
        _ projects: [CourierProject], _ inbox: CourierInbox, _ options: TransferOptions, _ clock: any WallClock,
        _ shortcomings: Shortcomings
    ) {
        let courier = Courier(projects, inbox: inbox, options: options, clock: clock) { project, problem in
            shortcomings.set(problem.map { "Firebase project \(project): \($0)" }, of: "project \(project)")
        }
        // When there is not enough for all, those who wait for an answer go before phones that wait for a push.
        setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, niceness)
        guard let courier else { return shortcomings.set("push is off: curl could not be started", of: "curl") }
        courier.run()
    }
}
