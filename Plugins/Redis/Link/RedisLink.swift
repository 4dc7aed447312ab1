import PluginAPI

/// Who uses a connection; called on its loop, never after ``RedisLink/close()``.
protocol LinkUser: AnyObject {
    /// The server was greeted and takes what is written.
    func linkBecameReady()
    /// It was ready, and is not any more.
    func linkWasLost(_ failure: RedisFailure)
    /// An attempt failed; the next one follows by itself.
    func linkAttemptFailed(_ failure: RedisFailure)
    /// Replies came, in order.
    func linkReceived(_ replies: [RESPValue])
    /// The server shall be asked for a sign of life.
    func linkWantsPing()
}

/// A connection that is made anew whenever it breaks: performs what its ``LinkMachine`` decides.
final class RedisLink: @unchecked Sendable {  // Mutable state is touched on its event loop only.
    let eventLoop: any EventLoop
    private let locator: ServerLocator
    private let limits: RESPLimits
    private let timer: DeadlineTimer
    private var machine: LinkMachine
    private var channel: (any Channel)?
    /// Tells what an earlier attempt still says from what the present one says.
    private var attempt = 0
    private var isFlushDue = false
    private weak var user: (any LinkUser)?

    init(on eventLoop: any EventLoop, locator: ServerLocator, rules: LinkRules, limits: RESPLimits = RESPLimits()) {
        self.eventLoop = eventLoop
        self.locator = locator
        self.limits = limits
        timer = DeadlineTimer(on: eventLoop)
        machine = LinkMachine(rules: rules, now: eventLoop.now)
    }

    /// Begins, on the loop.
    func start(for user: any LinkUser) {
        self.user = user
        change { $0.advanced(to: $1, jitter: $2) }
    }

    /// Ends for good, on the loop. The user hears ``LinkUser/linkWasLost(_:)`` if it was ready.
    func close() {
        change { machine, _, _ in machine.close() }
        timer.cancel()
        user = nil
    }

    var isReady: Bool { machine.isReady }

    /// Writes to the server; on the loop, while ready. The user hears nothing meanwhile.
    ///
    /// It leaves once whoever writes has finished: a send that fails ends the channel within the call, and what was
    /// still to be read is handed over within it, too.
    func write(_ bytes: ByteBuffer) {
        channel?.write(bytes, promise: nil)
        if exchange(&isFlushDue, with: true) { return }
        eventLoop.execute { [weak self] in self?.flush() }
    }

    private func flush() {
        isFlushDue = false
        channel?.flush()
    }

    /// Gives the connection up, on the loop.
    func fail(_ failure: RedisFailure) {
        change { $0.broke(failure, now: $1, jitter: $2) }
    }
}

extension RedisLink {
    private func change(_ body: (inout LinkMachine, NIODeadline, Double) -> Void) {
        eventLoop.assertInEventLoop()
        body(&machine, eventLoop.now, .random(in: 0..<1))
        while case let effects = machine.takeEffects(), !effects.isEmpty { effects.forEach(perform) }
        if let wakeAt = machine.wakeAt {
            timer.arm(at: wakeAt) { [weak self] in self?.change { $0.advanced(to: $1, jitter: $2) } }
        }
    }

    private func perform(_ effect: LinkMachine.Effect) {
        switch effect {
        case .connect: connect()
        case .greet(let step):
            var bytes = ByteBuffer()
            bytes.writeCommand(step.command)
            write(bytes)
        case .ping: user?.linkWantsPing()
        case .drop: drop()
        case .becameReady: user?.linkBecameReady()
        case .lost(let failure): user?.linkWasLost(failure)
        case .failed(let failure): user?.linkAttemptFailed(failure)
        }
    }

    private func connect() {
        attempt += 1
        let attempt = attempt
        locator.dial(on: eventLoop, within: machine.rules.connectTimeout) { [self] in
            RESPHandler(
                limits: limits,
                received: { [weak self] in self?.received($0, in: attempt) },
                ended: { [weak self] in self?.ended($0, in: attempt) })
        }.whenComplete { [self] result in
            switch result {
            case .success(let channel): connected(channel, in: attempt)
            case .failure(let error): ended(RedisFailure(describing: error), in: attempt)
            }
        }
    }

    private func drop() {
        attempt += 1
        channel.take()?.close(promise: nil)
    }

    private func connected(_ channel: any Channel, in attempt: Int) {
        // Too late: it is not wanted any more.
        guard attempt == self.attempt else { return channel.close(promise: nil) }
        self.channel = channel
        change { machine, now, _ in machine.connected(now: now) }
    }

    private func ended(_ failure: RedisFailure, in attempt: Int) {
        guard attempt == self.attempt else { return }
        fail(failure)
    }

    private func received(_ replies: [RESPValue], in attempt: Int) {
        guard attempt == self.attempt else { return }
        var replies = replies[...]
        change { machine, now, jitter in
            machine.heard(now: now)
            while case .greeting = machine.state, let reply = replies.popFirst() {
                machine.answered(reply, now: now, jitter: jitter)
            }
        }
        if machine.isReady, attempt == self.attempt, !replies.isEmpty { user?.linkReceived(Array(replies)) }
    }
}
