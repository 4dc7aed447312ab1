import PluginAPI

/// The driver's thread: one `epoll` over all connections and the inbox.
///
/// A round takes what happened, lets every connection send what has gathered by then, and last tells all whose
/// requests have ended. So under load the requests of a round become one batch by themselves, without a timer.
final class DriverLoop {
    let inbox: DriverInbox
    let poller: Poller
    private(set) var connections: [PipelineConnection] = []
    let writerCount: Int
    var observer: DriverObserver
    /// Told once: with nil when all connections are made for the first time, or why one cannot be.
    var started: ((PostgresFailure?) -> Void)?
    var unconnected: Set<Int> = []
    var jitter = Jitter()
    var closing: NIODeadline?
    private var arrivals: UInt64 = 0
    var finished: [PipelineRequest] = []
    var departedWrites = 0
    var departedReads = 0

    init(
        inbox: DriverInbox, poller: Poller, options: PostgresOptions, observer: DriverObserver,
        started: @escaping (PostgresFailure?) -> Void
    ) {
        self.inbox = inbox
        self.poller = poller
        self.observer = observer
        self.started = started
        writerCount = options.writeConnections
        let now = NIODeadline.now()
        for index in 0..<(options.writeConnections + options.readConnections) {
            let isWriter = index < options.writeConnections
            connections.append(
                PipelineConnection(
                    index: index, isWriter: isWriter,
                    keywords: options.connection.keywords(for: isWriter ? .write : .read),
                    preamble: options.connection.preamble,
                    machine: PipelineMachine(rules: options.rules(forWriting: isWriter), now: now), poller: poller))
        }
        unconnected = Set(connections.indices)
    }

    /// Runs until the inbox says to close and all that was accepted has ended.
    func run() {
        guard poller.add(inbox.bell, token: 0) else {
            start(PostgresFailure(kind: .connection, message: "the inbox cannot be watched"))
            return end()
        }
        var now = NIODeadline.now()
        while true {
            settle(now)
            tellAll()
            if let closing, now >= closing || connections.allSatisfy(\.machine.isIdle) { return end() }
            let events = poller.wait(milliseconds: patience(now))
            now = .now()
            for event in events where event.token > 0 {
                connections[Int(event.token) - 1].happened(event, now: now, jitter: jitter.next())
            }
            if events.contains(where: { $0.token == 0 }) { for message in inbox.take() { take(message, now) } }
        }
    }

    /// How long nothing need be done, in milliseconds rounded up; -1 for as long as nothing happens.
    private func patience(_ now: NIODeadline) -> CInt {
        var wakeAt = closing
        for connection in connections {
            if let time = connection.machine.wakeAt { wakeAt = min(wakeAt ?? time, time) }
        }
        guard let wakeAt else { return -1 }
        let left = (wakeAt - now).nanoseconds
        return left <= 0 ? 0 : CInt(clamping: left / 1_000_000 + 1)
    }

    private func take(_ message: DriverInbox.Message, _ now: NIODeadline) {
        switch message {
        case .submit(let request): submit(request, now)
        case .cancel(let request): cancel(request)
        case .connected(let index, let handle):
            connections[index].adopt(handle, now: now, jitter: jitter.next())
            guard connections[index].machine.isReady else { return }
            for other in connections { other.machine.serverReturned(now: now, jitter: jitter.next()) }
            if unconnected.remove(index) != nil, unconnected.isEmpty { start(nil) }
        case .connectFailed(let index, let failure):
            connections[index].machine.connectFailed(failure, now: now, jitter: jitter.next())
            start(failure)
        case .close(let deadline): closing = min(closing ?? deadline, deadline)
        }
    }

    private func submit(_ request: PipelineRequest, _ now: NIODeadline) {
        if request.isCancelled { return finish(request) { $0.fail(CancellationError()) } }
        arrivals += 1
        request.number = arrivals
        let connection = request.lane.map { connections[$0.connection(of: writerCount)] } ?? reader()
        connection.machine.submitted(request, now: now)
    }

    private func cancel(_ request: PipelineRequest) {
        request.isCancelled = true
        guard connections.contains(where: { $0.machine.cancelled(request) }) else { return }
        // Answers may still come for it, but it has ended.
        finish(request) { $0.fail(CancellationError()) }
    }

    /// The reading connection that works and has the least to do.
    func reader() -> PipelineConnection {
        var best = connections[writerCount]
        for connection in connections[writerCount...] where connection.readRank < best.readRank { best = connection }
        return best
    }

    func start(_ failure: PostgresFailure?) {
        started?(failure)
        started = nil
    }
}
