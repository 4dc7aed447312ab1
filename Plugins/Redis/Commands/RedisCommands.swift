import PluginAPI

/// The connection for commands: pipelined, answered in order.
///
/// Nothing waits for a connection: while there is none, and when too much waits already, commands are refused at once.
/// When the connection breaks, or an answer takes longer than the timeout, everything under way fails, each once;
/// whether it was done cannot be known.
final class RedisCommands: @unchecked Sendable {  // Mutable state is touched on the link's event loop only.
    private let link: RedisLink
    private let inbox: CommandInbox
    private let timeout: TimeAmount
    private let timer: DeadlineTimer
    private let scripts: [RedisScript]
    private let meters: RedisMeters
    private let changed: (Result<Void, RedisFailure>) -> Void
    private var queue = CommandQueue()
    /// What the meters were last told of.
    private var reportedLoad = 0

    /// - Parameters:
    ///   - timeout: how long an answer may take.
    ///   - scripts: told to each server before anything else.
    ///   - changed: called on the loop when commands are taken, when they are not any more, and after each attempt to
    ///     connect that failed.
    init(
        link: RedisLink, limits: QueueLimits, timeout: TimeAmount, scripts: [RedisScript], meters: RedisMeters,
        changed: @escaping (Result<Void, RedisFailure>) -> Void
    ) {
        self.link = link
        inbox = CommandInbox(limits: limits)
        self.timeout = timeout
        timer = DeadlineTimer(on: link.eventLoop)
        self.scripts = scripts
        self.meters = meters
        self.changed = changed
    }

    /// Begins to connect; on the loop.
    func start() { link.start(for: self) }

    /// Ends for good; on the loop. Whatever waits fails.
    func close() {
        link.close()
        timer.cancel()
        failAll(.closed)
    }

    /// Gives the connection up and makes it anew; on the loop.
    func fail(_ failure: RedisFailure) { link.fail(failure) }

    /// Commands that wait for their answers.
    var load: Int { inbox.load }

    /// Sends commands, in one go and in order, behind all that were sent before. From any thread.
    ///
    /// - Parameter done: called once, with an answer for each command (errors of the server among them), or with why
    ///   there are none.
    func send(_ commands: [RedisCommand], done: @escaping CommandGroup.Done) {
        guard !commands.isEmpty else { return done(.success([])) }
        switch inbox.add(commands, at: .now(), done: done) {
        case .queued: break
        case .first: link.eventLoop.execute { self.flush() }
        case .refused(let failure):
            meters.refused()
            done(.failure(failure))
        }
    }

    private func flush() {
        let batch = inbox.take()
        // Empty, if the connection broke in between: they have heard of it then.
        guard !batch.groups.isEmpty else { return }
        batch.groups.forEach { queue.sent($0) }
        link.write(batch.bytes)
        report(inbox.load)
        watch()
    }

    /// Sees to it that the oldest answer is not waited for too long.
    private func watch() {
        guard let oldest = queue.oldest else { return }
        timer.arm(at: oldest + timeout) { [weak self] in
            guard let self, let oldest = queue.oldest else { return }
            guard oldest + timeout <= link.eventLoop.now else { return watch() }
            link.fail(RedisFailure(.timeout, "an answer took too long"))
        }
    }

    private func report(_ load: Int) {
        meters.waiting(changedBy: load - reportedLoad)
        reportedLoad = load
    }

    private func failAll(_ failure: RedisFailure) {
        let waiting = inbox.close(failure)
        for group in queue.lost() + waiting { group.done(.failure(failure)) }
        report(0)
    }
}

extension RedisCommands: LinkUser {
    func linkBecameReady() {
        tellScripts()
        inbox.open()
        changed(.success(()))
    }

    func linkWasLost(_ failure: RedisFailure) {
        failAll(failure)
        meters.lost()
        changed(.failure(failure))
    }

    func linkAttemptFailed(_ failure: RedisFailure) {
        changed(.failure(failure))
    }

    func linkReceived(_ replies: [RESPValue]) {
        for reply in replies {
            switch queue.answered(reply) {
            case .more: break
            case .complete(let group): complete(group)
            case .unasked: return link.fail(.senseless("nothing was asked"))
            }
            // It has become a replica: the master is elsewhere.
            if let refusal = reply.refusal, refusal.endsConnection { return link.fail(refusal) }
        }
    }

    func linkWantsPing() {
        sendAside([RedisCommand("PING")]) { _ in }
    }

    private func complete(_ group: CommandGroup) {
        if group.byteCount > 0 {
            inbox.release(commandCount: group.answers.count, byteCount: group.byteCount)
            meters.answered(group.answers.count, after: link.eventLoop.now - group.since)
        }
        group.done(.success(group.answers))
    }

    /// Before anybody else's, so that no order of commands depends on whether the server knew them.
    private func tellScripts() {
        // A user who may not do this is told by the trial.
        sendAside(scripts.map { RedisCommand("SCRIPT", "LOAD", .text($0.source)) }) { _ in }
    }

    /// Commands of the connection's own, which count for no bound and in no figure; on the loop, while it is ready.
    ///
    /// - Parameter done: called once, on the loop.
    func sendAside(_ commands: [RedisCommand], done: @escaping CommandGroup.Done) {
        guard !commands.isEmpty else { return done(.success([])) }
        var bytes = ByteBuffer()
        for command in commands { bytes.writeCommand(command) }
        queue.sent(CommandGroup(missing: commands.count, byteCount: 0, since: link.eventLoop.now, done: done))
        link.write(bytes)
        watch()
    }
}
