import PluginAPI

/// A connection of its own that listens to the bus's channel and notifies it, for as long as it takes: it is made anew
/// when it breaks.
///
/// Nothing here blocks, and all may be called from any thread; what is handed in comes to its thread in that order, and
/// everything it tells comes from there.
final class ListenLine: Sendable {
    private let inbox: LineInbox
    private let ending = DriverEnding()

    /// Begins to connect.
    ///
    /// - Throws: ``PostgresFailure`` when the system has no thread or descriptors left.
    init(
        _ connection: ConnectionOptions, rules: LineRules = LineRules(), meters: LineMeters = LineMeters()
    ) throws(PostgresFailure) {
        guard let inbox = LineInbox() else { throw Self.exhausted }
        self.inbox = inbox
        let keywords = connection.keywords(for: .listen)
        let isStarted = DedicatedThread.start(named: "pg-listen") { [ending] in
            defer { ending.happened() }
            guard let poller = Poller() else { return _ = inbox.end() }
            LineLoop(inbox: inbox, poller: poller, keywords: keywords, rules: rules, meters: meters).run()
        }
        guard isStarted else { throw Self.exhausted }
    }

    deinit { inbox.post(.close) }

    private static let exhausted = PostgresFailure(
        kind: .connection, message: "the system has no threads or files left")

    /// Runs something on the line's thread, between two of its events. It must be quick.
    func perform(_ body: @escaping @Sendable () -> Void) { inbox.post(.perform(body)) }

    /// Tells how the line is, and of all that happens then, in order.
    func observe(_ observer: @escaping @Sendable (LineEvent) -> Void) { inbox.post(.observe(observer)) }

    /// Notifies, in one transaction.
    ///
    /// - Parameter done: Called once: true when the server committed it; false when that cannot be said.
    func notify(_ payloads: [String], done: @escaping @Sendable (Bool) -> Void) {
        if !inbox.post(.notify(OutgoingNotification(payloads: payloads, done: done))) { done(false) }
    }

    /// Sends what waits, for at most a second, and disconnects.
    func close() async {
        guard inbox.post(.close) else { return }
        await ending.wait()
    }

    /// Waits until the line works.
    ///
    /// - Returns: nil, or what went wrong when it does not within the bound.
    func untilUp(within bound: Duration, on eventLoop: any EventLoop) async -> PostgresFailure? {
        let outcome = eventLoop.makePromise(of: PostgresFailure?.self)
        let late = PostgresFailure(kind: .connection, message: "it did not answer in time")
        observe { event in
            switch event {
            case .up: outcome.succeed(nil)
            case .down(let failure): outcome.succeed(failure)
            case .notified: break
            }
        }
        let timer = eventLoop.scheduleTask(in: TimeAmount(bound)) { outcome.succeed(late) }
        let failure = try? await outcome.futureResult.get()
        timer.cancel()
        return failure ?? nil
    }
}
