import PluginAPI
import Synchronization

/// The sending of pushes as a running plugin.
final class PushPlugin: Plugin {
    /// How long a stop without a drain waits for what is under way.
    private static let stopPatience = TimeAmount.seconds(5)

    private let context: PluginContext
    private let configuration: PushConfiguration
    private let desk = Mutex<PushDesk?>(nil)

    init(context: PluginContext, configuration: PushConfiguration) {
        self.context = context
        self.configuration = configuration
    }

    func start() async throws {
        let presence = context.follow(.presence)
        let providers = Dictionary(
            uniqueKeysWithValues: PushTokenProvider.all.map { ($0, context.follow(.pushProvider($0))) })
        let desk = PushDesk(
            store: try context.require(.store),
            configuration: configuration,
            presence: { presence.value },
            providers: { providers[$0]?.value },
            clock: context.clock,
            eventLoop: context.eventLoops.next(),
            metrics: PushMetrics(context.metrics),
            health: context.health,
            logger: context.logger)
        self.desk.withLock { $0 = desk }
        try context.provide(desk, as: .push)
        context.subscribe { desk.hear($0) }
        let doctor = PushDoctor(
            store: desk.store,
            configuration: configuration,
            providers: { providers[$0]?.value },
            sight: { device in
                guard let presence = presence.value else { return .unknown("no plugin here knows who is connected") }
                return await presence.isOnline(device) ? .online : .away
            },
            clock: context.clock,
            zones: ZoneBook(logger: context.logger))
        context.control(DoctorQuestion.name) { body in
            let question = try DoctorQuestion(body)
            return try await doctor.examine(question.device, send: question.send).json
        }
        if !desk.hasProvider { context.logger.info("No plugin delivers pushes") }
    }

    func run() async throws {
        guard let desk = desk.withLock({ $0 }) else { return }
        // What was left behind by another process; after a while, as a mere check of the configuration starts this too.
        desk.wake(at: context.clock.now + configuration.pollInterval)
        await withDiscardingTaskGroup { group in
            group.addTask { await desk.claim() }
            group.addTask { await desk.save() }
            group.addTask { await desk.greet() }
            group.addTask { await desk.keep() }
        }
    }

    func drain(until deadline: NIODeadline) async {
        await desk.withLock { $0 }?.drain(until: deadline)
    }

    func stop() async {
        guard let desk = desk.withLock({ $0.take() }) else { return }
        await desk.finish(until: .now() + Self.stopPatience)
        desk.close()
    }
}
