import PluginAPI

/// One connection of the driver: its logic, and what there is of libpq.
///
/// Everything about it happens on the driver's thread.
final class PipelineConnection {
    /// Its place among the driver's connections.
    let index: Int
    let isWriter: Bool
    let keywords: [(name: String, value: String)]
    var machine: PipelineMachine
    private let preamble: Step?
    private let poller: Poller
    private(set) var link: PostgresLink?
    /// The server's process behind the connection that was dropped last; nil behind a pooler, which shares them.
    private(set) var sessionBefore: CInt?
    private var awaitsRoom = false
    private var hasUnflushed = false
    /// When the last transaction was sent.
    private(set) var sentAt: NIODeadline = .now()

    init(
        index: Int, isWriter: Bool, keywords: [(name: String, value: String)], preamble: Step?,
        machine: PipelineMachine, poller: Poller
    ) {
        self.index = index
        self.isWriter = isWriter
        self.keywords = keywords
        self.preamble = preamble
        self.machine = machine
        self.poller = poller
    }

    /// Orders the connections a read could go to: working ones first, then those with less to do.
    var readRank: (Int, Int) {
        (machine.isReady ? 0 : machine.isDown ? 2 : 1, machine.load)
    }

    /// Whether a pooler in transaction mode is between.
    var isPooled: Bool { preamble != nil }

    /// What the poller knows the socket by; 0 is the inbox's bell.
    private var token: UInt64 { UInt64(index) + 1 }

    func adopt(_ connected: ConnectedHandle, now: NIODeadline, jitter: Double) {
        guard machine.link == .connecting else { return connected.close() }
        let link = PostgresLink(connected, prepares: machine.rules.prepares)
        guard poller.add(link.socket, token: token) else {
            let failure = PostgresFailure(kind: .connection, message: "the socket cannot be watched")
            return machine.connectFailed(failure, now: now, jitter: jitter)
        }
        self.link = link
        machine.connected(now: now)
    }

    /// Closes what there is of the connection.
    func drop() {
        guard let link else { return }
        poller.remove(link.socket)
        sessionBefore = isPooled ? nil : link.session
        self.link = nil
        awaitsRoom = false
        hasUnflushed = false
    }

    /// Sends a statement to prepare. False: the connection is gone.
    func prepare(_ statement: Statement) -> Bool {
        guard let link else { return false }
        hasUnflushed = true
        return link.prepare(statement) && link.sync()
    }

    /// Sends a transaction. False: the connection is gone.
    func send(_ requests: [PipelineRequest], now: NIODeadline) -> Bool {
        guard let link else { return false }
        sentAt = now
        hasUnflushed = true
        if let preamble, !link.send(preamble) { return false }
        for request in requests {
            for step in request.steps where !link.send(step) { return false }
        }
        return link.sync()
    }
}

extension PipelineConnection {
    /// The socket can be read or written.
    func happened(_ event: Poller.Event, now: NIODeadline, jitter: Double) {
        guard let link else { return }
        if event.isWritable, awaitsRoom { hasUnflushed = true }
        if event.isReadable, !link.receive() {
            // What came before the end still counts: perhaps it acknowledges a commit.
            takeAnswers(now: now, jitter: jitter)
            return machine.lost(link.complaint, now: now, jitter: jitter)
        }
        takeAnswers(now: now, jitter: jitter)
    }

    /// Writes what libpq holds back, and asks to be told of room for the rest.
    func flush(now: NIODeadline, jitter: Double) {
        guard let link, hasUnflushed else { return }
        hasUnflushed = false
        switch link.flush() {
        case .done: watch(forRoom: false)
        case .pending: watch(forRoom: true)
        case .failed: return machine.lost(link.complaint, now: now, jitter: jitter)
        }
        // libpq may have had to read to make room, and the poller does not tell of what has been read.
        takeAnswers(now: now, jitter: jitter)
    }

    private func watch(forRoom: Bool) {
        guard let link, awaitsRoom != forRoom else { return }
        awaitsRoom = forRoom
        poller.watch(link.socket, token: token, writing: forRoom)
    }

    private func takeAnswers(now: NIODeadline, jitter: Double) {
        var pauses = 0
        while machine.isReady, !machine.sent.isEmpty, pauses < 2, let link, !link.isBusy {
            guard let answer = link.next() else {
                pauses += 1
                continue
            }
            pauses = 0
            if let failure = take(answer, now) { machine.lost(failure, now: now, jitter: jitter) }
        }
    }

    /// Returns why the connection is of no further use.
    private func take(_ answer: PostgresLink.Answer, _ now: NIODeadline) -> PostgresFailure? {
        switch answer {
        case .rows(let result):
            guard let request = machine.answered(now: now), !request.isAbandoned else {
                PostgresLink.free(result)
                return nil
            }
            request.keep(result)
        case .failed(let failure):
            if failure.kind == .connection || !machine.failed(failure, now: now) { return failure }
        case .skipped:
            machine.skipped(now: now)
        case .synced:
            if !machine.synced(now: now) {
                return PostgresFailure(kind: .protocolViolation, message: "a transaction ended before its answers")
            }
        case .senseless(let what):
            return PostgresFailure(kind: .protocolViolation, message: what)
        }
        return nil
    }
}
