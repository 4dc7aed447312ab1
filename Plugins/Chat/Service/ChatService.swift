import PluginAPI

/// The rules of the chat over a store and the rooms. Holds no conversation or message: the store is the truth.
final class ChatService: Chat {
    let store: any Store
    let hub: RealtimeHub
    let clock: any WallClock
    let keys: KeyGate
    let access: AccessWatch
    let desk: TypingDesk
    let recorder: EventRecorder
    let push: @Sendable () -> (any PushSender)?
    let meters: ChatMeters

    /// - Parameters:
    ///   - eventLoop: where the timers of typing and of tracked events run.
    ///   - push: who is asked what is pushed; asked for at each message of an agent, so that it may come and go.
    init(
        store: any Store,
        hub: RealtimeHub,
        clock: any WallClock,
        eventLoop: any EventLoop,
        configuration: ChatConfiguration,
        push: @escaping @Sendable () -> (any PushSender)? = { nil },
        meters: ChatMeters = ChatMeters(),
        logger: Logger,
        health: PluginHealth
    ) {
        self.store = store
        self.hub = hub
        self.clock = clock
        self.push = push
        self.meters = meters
        let changes = AccessChanges(hub: hub, logger: logger)
        let access = AccessWatch(
            store: store, clock: clock, eventLoop: eventLoop, interval: configuration.accessCheckInterval
        ) { changes.happened($0, $1) }
        self.access = access
        let keys = KeyGate(store: store, clock: clock, eventLoop: eventLoop, configuration: configuration) {
            [weak access] credentials in access?.note(credentials)
        }
        self.keys = keys
        changes.keys.withLock { $0 = keys }
        desk = TypingDesk(hub: hub, eventLoop: eventLoop, timeout: configuration.typingTimeout)
        recorder = EventRecorder(
            store: store, eventLoop: eventLoop, configuration: configuration, logger: logger, health: health)
    }

    /// Stores the tracked events that wait.
    func drain(until deadline: NIODeadline) async {
        await recorder.drain(until: deadline)
    }

    /// Ends the timers; what is still waiting is lost.
    func close() {
        access.close()
        desk.close()
        recorder.close()
    }

    /// Publishes to those who take part in the conversation and to the app's agents; who is both hears it once.
    func publish(_ event: DomainEvent, in conversation: ConversationID, previousSequence: Int64? = nil) {
        hub.publish(
            event, to: [.conversation(conversation), .app(event.app)], previousSequence: previousSequence)
    }
}
