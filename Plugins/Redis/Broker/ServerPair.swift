import PluginAPI

/// The two connections to one server, for commands and for subscriptions, and the proof that what goes out over the one
/// comes back over the other; on the loop.
final class ServerPair: @unchecked Sendable {  // Mutable state is touched on its event loop only.
    /// Safe from every thread.
    let commands: RedisCommands
    let subscriptions: RedisSubscriptions
    private let eventLoop: any EventLoop
    private let timer: DeadlineTimer
    private let options: RedisOptions
    private let id = IDGenerator.uuidV4()
    private let listener: ConnectionListener
    private var probe: ServerProbe
    /// What is tried; nil: nothing, since no slot of a cluster is the server's.
    private var trial: RedisTrial?
    private(set) var takesCommands = false
    private(set) var isRestored = false
    /// The channel was given back on this connection and subscribed to again, which shows both rights.
    private var isResubscribed = false
    private var stands = false

    init(
        _ locator: ServerLocator, _ options: RedisOptions, on eventLoop: any EventLoop, scripts: [RedisScript],
        meters: RedisMeters, listener: ConnectionListener
    ) {
        self.eventLoop = eventLoop
        self.options = options
        self.listener = listener
        timer = DeadlineTimer(on: eventLoop)
        probe = ServerProbe(patience: TimeAmount(options.commandTimeout))
        let ear = Ear()
        commands = options.commands(of: locator, on: eventLoop, scripts: scripts, meters: meters) {
            ear.pair?.changed($0)
        }
        subscriptions = options.subscriptions(of: locator, on: eventLoop, meters: meters) { ear.pair?.heard($0) }
        ear.pair = self
    }

    /// What is known of the server by trying.
    var verdict: ServerProbe.Verdict { probe.verdict }

    /// Whether what is published comes back, as far as that can be tried.
    var carries: Bool { trial == nil || probe.verdict.carries }

    func start() {
        if !options.isCluster { place(tag: nil) }
        commands.start()
        subscriptions.start()
    }

    func close() {
        timer.cancel()
        commands.close()
        subscriptions.close()
    }

    /// The channels and keys of the trial; on the loop. Calling it with the same again asks for what does not stand.
    ///
    /// - Parameter tag: in a cluster, a text whose slot the server has.
    func place(tag: String?) {
        let new = RedisTrial(prefix: options.prefix, database: options.database, tag: tag, id: id)
        if let trial, trial.channel == new.channel {
            if isRestored, !stands { subscriptions.subscribe([trial.channel]) }
            return
        }
        displaced()
        if let old = exchange(&trial, with: new) { subscriptions.unsubscribe([old.channel]) }
        subscriptions.subscribe([new.channel])
        if isRestored { resubscribe() }
    }

    /// The connections' tales, for a pair that is there only after them.
    private final class Ear {
        weak var pair: ServerPair?
    }
}

// MARK: What the connections tell

extension ServerPair {
    private func changed(_ result: Result<Void, RedisFailure>) {
        if case .success = result { takesCommands = true } else { takesCommands = false }
        listener.commandsChanged(result)
        openIfReady()
    }

    private func heard(_ event: SubscriptionEvent) {
        switch event {
        case .restored:
            isRestored = true
            listener.heard(event)
            resubscribe()
        case .lost, .failed:
            (isRestored, isResubscribed, stands) = (false, false, false)
            listener.heard(event)
            openIfReady()
        case .standing(let names):
            let others = names.filter { $0 != trial?.channel }
            if !others.isEmpty { listener.heard(.standing(others)) }
            guard others.count < names.count, isResubscribed else { return }
            stands = true
            openIfReady()
        case .message(let channel, let body):
            guard channel == trial?.channel else { return listener.heard(event) }
            if let number = Int64(String(buffer: body)) { update { $0.heard(number) } }
        case .misplaced(let names):
            if names.contains(where: { $0 == trial?.channel }) { displaced() }
            listener.heard(event)
        }
    }

    private func resubscribe() {
        guard let trial else { return }
        isResubscribed = true
        subscriptions.unsubscribe([trial.channel])
        subscriptions.subscribe([trial.channel])
    }

    /// The channel is another server's: nothing can be tried until there is another channel, and nothing is known to be
    /// wrong.
    private func displaced() {
        stands = false
        update { $0.suspended() }
    }

    private func openIfReady() {
        let now = eventLoop.now
        if !takesCommands || !isRestored { return update { $0.closed() } }
        if stands { update { $0.opened(at: now) } }
    }
}

// MARK: Trying

extension ServerPair {
    private func update(_ body: (inout ServerProbe) -> Void) {
        let before = probe.verdict
        body(&probe)
        if probe.verdict != before { listener.probed(probe.verdict) }
        advance()
    }

    private func advance() {
        switch probe.advance(to: eventLoop.now) {
        case .send(let number, let isThorough): send(number, isThorough)
        case .giveUp(let failure):
            commands.fail(failure)
            subscriptions.fail(failure)
        case nil: break
        }
        if let wakeAt = probe.wakeAt { timer.arm(at: wakeAt) { [weak self] in self?.advance() } }
    }

    private func send(_ number: Int64, _ isThorough: Bool) {
        guard let trial else { return }
        let sent = trial.commands(number: number, isThorough: isThorough)
        commands.sendAside(sent) { [weak self] in self?.answered(number, isThorough, $0) }
    }

    private func answered(_ number: Int64, _ isThorough: Bool, _ result: Result<[RESPValue], RedisFailure>) {
        guard let trial else { return }
        let answer: ServerProbe.Answer =
            switch result {
            case .success(let answers): trial.outcome(of: answers, isThorough: isThorough)
            case .failure(let failure): .inconclusive(failure)
            }
        let now = eventLoop.now
        update { $0.answered(number, answer, at: now) }
    }
}
